"""The core of Jieyue: meters, numbers and targets; knows no HTTP and no word of any one source."""
