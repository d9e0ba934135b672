//! Messages for whoever runs this.

use std::fmt::Arguments;
use std::io::{self, Write};

/// That nobody reads them any more must not end the program, as it would with `eprintln!`.
pub fn log(message: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{{name}}: {message}");
}
