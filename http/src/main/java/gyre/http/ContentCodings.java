package gyre.http;

import java.util.List;

/**
 * What a client takes of compressed answers: the field {@code Accept-Encoding}, RFC 9110, 12.5.3.
 */
public final class ContentCodings {
  /** The most that a client can want something. */
  public static final int MOST = 1000;

  private static final int UNSAID = -1;

  private ContentCodings() {}

  /**
   * How much the client wants a coding, from 0 for not at all to {@link #MOST}. {@code identity},
   * which is no coding, is taken unless it is refused.
   *
   * @param coding in lower case, {@code gzip} say
   */
  public static int weight(Request request, String coding) {
    List<String> fields = request.headers("Accept-Encoding");
    int named = UNSAID;
    int any = UNSAID;
    for (String field : fields) {
      for (String each : field.split(",", -1)) {
        int semicolon = each.indexOf(';');
        String name = (semicolon < 0 ? each : each.substring(0, semicolon)).strip();
        if (name.equalsIgnoreCase(coding) || name.equalsIgnoreCase("x-" + coding)) {
          named = quality(each, semicolon);
        } else if (name.equals("*")) {
          any = quality(each, semicolon);
        }
      }
    }
    if (named != UNSAID) {
      return named;
    }
    boolean isIdentity = coding.equals("identity");
    return any == UNSAID ? (isIdentity ? 1 : 0) : any;
  }

  /** In thousandths; what is no number of the grammar is 0, since nobody knows what was meant. */
  private static int quality(String item, int semicolon) {
    if (semicolon < 0) {
      return MOST;
    }
    String parameter = item.substring(semicolon + 1).strip();
    if (!parameter.matches("[qQ]=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)")) {
      return 0;
    }
    String digits = parameter.substring(2).replace(".", "");
    int value = Integer.parseInt((digits + "000").substring(0, 4));
    return Math.min(MOST, value);
  }
}
