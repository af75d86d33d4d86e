"""The data steps on an Apache Flink cluster, by way of Beam's job server."""
