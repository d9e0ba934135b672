//! {{name}}: many timers, set and cancelled by lines on standard input, on Tokio.

mod command;
mod program;
mod timers;

use command::Command;
use program::Stops;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use timers::Timers;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Stdout};
use tokio::time::{sleep_until, Instant};

const LINE_BYTES_MAX: usize = 255;
const PIECE_BYTES: usize = 64 * 1024;
const OUTPUT_LIMIT_BYTES: usize = 64 * 1024;

struct Program {
    timers: Timers,
    line: Vec<u8>, // what there is of one that is not whole
    input_ended: bool,
    output: Vec<u8>,
}

impl Program {
    fn new(max_timers: usize) -> Program {
        Program {
            timers: Timers::new(max_timers),
            line: Vec::new(),
            input_ended: false,
            output: Vec::new(),
        }
    }

    fn has_ended(&self) -> bool {
        self.input_ended && self.timers.len() == 0 && self.output.is_empty()
    }

    /// What is due, in the order of times; more of it when the output has been written.
    fn fire(&mut self) {
        let now = Instant::now();
        while self.output.len() < OUTPUT_LIMIT_BYTES {
            let Some(name) = self.timers.take_due(now) else { return };
            self.say(format_args!("fired {name}"));
        }
    }

    /// Lines as they come, whatever the pieces. An empty piece is the end.
    fn take(&mut self, piece: &[u8]) {
        self.input_ended = piece.is_empty();
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            if self.line.len() + text.len() > LINE_BYTES_MAX {
                self.say(format_args!("error line too long, the rest is not read"));
                self.input_ended = true;
                return;
            }
            self.line.extend(text);
            if text.len() < part.len() {
                let line = std::mem::take(&mut self.line);
                self.obey(&line);
            }
        }
    }

    fn obey(&mut self, line: &[u8]) {
        match command::parse(line) {
            Some(Command::Set(name, time)) => {
                if self.timers.set(name, Instant::now() + time).is_err() {
                    self.say(format_args!("error too many timers"));
                }
            }
            Some(Command::Cancel(name)) => {
                if !self.timers.cancel(name) {
                    self.say(format_args!("error no timer {name}"));
                }
            }
            None => self.say(format_args!("error expected set ID MILLIS or cancel ID")),
        }
    }

    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.output, "{text}").expect("a vector takes what is written");
    }

    /// Until the input has ended and all have fired.
    async fn run(&mut self) -> io::Result<()> {
        let mut input = tokio::io::stdin();
        let mut output = tokio::io::stdout();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            self.fire();
            if !self.output.is_empty() {
                self.write(&mut output).await?; // while nobody reads, no input is taken either
                continue;
            }
            if self.has_ended() {
                return Ok(());
            }
            let next_due = self.timers.next_due();
            tokio::select! {
                _ = sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => {}
                count = input.read(&mut piece), if !self.input_ended => self.take(&piece[..count?]),
            }
        }
    }

    async fn write(&mut self, output: &mut Stdout) -> io::Result<()> {
        output.write_all(&self.output).await?;
        output.flush().await?;
        self.output.clear();
        Ok(())
    }
}

async fn serve(max_timers: usize) -> io::Result<ExitCode> {
    let mut stops = Stops::new()?;
    let mut program = Program::new(max_timers);
    tokio::select! {
        result = program.run() => match result {
            // Whoever has read, as head does, has what it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result?,
        },
        _ = stops.next() => {
            eprintln!("{{name}}: stopped with {} timers active", program.timers.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    const USAGE: &str = "usage: {{name}} [--max-timers N]";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let max_timers = match words[..] {
        [] => Some(1_000_000),
        ["--max-timers", text] => text.parse().ok().filter(|max| (1..100_000_000).contains(max)),
        ["--help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => None,
    };
    let Some(max_timers) = max_timers else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    program::run(serve(max_timers))
}
