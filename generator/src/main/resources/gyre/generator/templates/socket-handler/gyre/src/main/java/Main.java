/** {{name}}: a server and a client that stays connected, as state machines, on Gyre. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Settings settings = Settings.parse(arguments);
    System.exit(
        settings.connect == null
            ? new Server(settings, Conversation::with).run()
            : new Client(settings).run());
  }
}
