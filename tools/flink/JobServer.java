/**
 * Beam's Flink job server, without sending its own 160 jars along with every job.
 *
 * They lie on the cluster's class path already. Beam sends what the property java.class.path names, so it is emptied
 * once the JVM has read it. `java -cp 'jars/*' JobServer.java ...` compiles this on the fly; it needs a JDK.
 */
public class JobServer {
  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.class.path", "");
    org.apache.beam.runners.flink.FlinkJobServerDriver.main(arguments);
  }
}
