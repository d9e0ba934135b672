/** {{name}}: a server of framed messages on Gyre. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    Messages messages = new Messages(settings);
    System.exit(new Server(settings, messages::converse).run());
  }
}
