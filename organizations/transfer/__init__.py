"""The transfer of what members or former members own."""
