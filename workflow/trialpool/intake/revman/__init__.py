"""Reviews of RevMan: RevMan 5 files and the data packages of RevMan Web and Cochrane Library."""
