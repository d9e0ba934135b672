/** {{name}}: passes TCP connections on to several targets, on Gyre. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    Balancer balancer = new Balancer(settings);
    System.exit(new Server(settings, balancer::passOn).run());
  }
}
