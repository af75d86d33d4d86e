"""Check, convert, prove, publish: from a blessed SavedModel to a versioned model.tflite."""
