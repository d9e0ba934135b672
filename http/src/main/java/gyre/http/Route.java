package gyre.http;
import java.util.List;
record Route(String pattern, List<String> parameterNames) {}
