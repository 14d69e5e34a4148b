"""What words a result gets, by stated rules on the record alone."""
