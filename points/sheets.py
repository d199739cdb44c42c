"""Spreadsheets: read with every error named by its row, and written."""
