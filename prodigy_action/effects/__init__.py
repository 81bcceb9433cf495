"""The operations of the domain, each an effect. They act through ports; decisions belong to `pure`."""
