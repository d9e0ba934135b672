package gyre.stream;

/**
 * What one direction of a stream broke of. Each who asks gets an exception that shows where they
 * stood.
 *
 * @param result a negative errno, or 0 where the time was up
 * @param reason where the time was up
 */
record StreamFailure(String operation, int result, String reason) {
  static StreamFailure of(String operation, int result) {
    return new StreamFailure(operation, result, "");
  }

  DescriptorException toException(String subject) {
    return result == 0
        ? DescriptorException.tooLate(operation, subject, reason)
        : DescriptorException.of(operation, subject, result);
  }
}
