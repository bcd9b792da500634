# Tests of features/.
