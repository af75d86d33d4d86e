"""What the Evaluator, the pusher, the study and the report share: slices and the gate."""
