"""Feature engineering as pure functions, learned by tf.Transform and shipped inside the model file."""
