# Tests of model/.
oido_test(acoustic_model_golden_test golden oido::model)
