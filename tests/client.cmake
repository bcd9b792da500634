# Tests of client/.
