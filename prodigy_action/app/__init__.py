"""The composition root: it connects adapters, environments, phases and reports, and alone imports all of them."""
