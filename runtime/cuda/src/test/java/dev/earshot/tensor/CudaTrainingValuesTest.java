package dev.earshot.tensor;

/** Backward ops at special values, on the CUDA backend. */
class CudaTrainingValuesTest extends TrainingValuesTest {}
