"""What is predicted: everything that depends on the kind of the label, and nothing else.

Another kind of label is one more file beside `regression` and one beside `regression_learning`.
"""

from components.task.regression import Regression
from components.task.task import Task

TASK: Task = Regression()
"""Of every pipeline. NumPy only; what needs TensorFlow is `components.task.learning.LEARNING`."""
