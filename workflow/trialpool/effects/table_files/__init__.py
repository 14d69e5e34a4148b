"""Reading a table as people have it: any separator, decimal mark, encoding, workbook or heading."""
