"""Reads, one file a page family; every one is confined to what its reader may see."""
