"""TFX components: thin shells around functions that know no TFX."""
