"""`report.html`: the whole run as one page that needs no network and no server."""
