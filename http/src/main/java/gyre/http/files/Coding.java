package gyre.http.files;

/** Compressed forms of a file that may lie beside it, the one that is smallest first. */
enum Coding {
  BROTLI("br", ".br"),
  ZSTANDARD("zstd", ".zst"),
  GZIP("gzip", ".gz");

  final String token;
  final String ending;

  Coding(String token, String ending) {
    this.token = token;
    this.ending = ending;
  }
}
