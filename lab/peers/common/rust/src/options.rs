use crate::now_nanos;
use std::io::BufRead;

pub const FAILED: i32 = 1;
pub const USAGE: i32 = 2;
pub const UNSUPPORTED: i32 = 3;

pub fn quit(code: i32, line: &str) -> ! {
    eprintln!("{line}");
    std::process::exit(code)
}

/// Every option is asked for by name; `end` refuses what nobody asked for.
pub struct Options {
    pub mode: String,
    words: Vec<Option<String>>,
}

impl Options {
    pub fn of_process() -> Options {
        let mut words = std::env::args().skip(1);
        let mode = words.next().unwrap_or_else(|| quit(USAGE, "usage: PEER MODE [--option value]..."));
        Options { mode, words: words.map(Some).collect() }
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let at = self.words.iter().position(|w| w.as_deref() == Some(name))?;
        self.words[at] = None;
        Some(at)
    }

    pub fn flag(&mut self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub fn text(&mut self, name: &str, otherwise: &str) -> String {
        match self.find(name) {
            None => otherwise.to_string(),
            Some(at) => {
                let value = self.words.get_mut(at + 1).and_then(Option::take);
                value.unwrap_or_else(|| quit(USAGE, &format!("{name} needs a value")))
            }
        }
    }

    pub fn number(&mut self, name: &str, otherwise: u64, least: u64, most: u64) -> u64 {
        let text = self.text(name, "");
        if text.is_empty() {
            return otherwise;
        }
        match text.parse() {
            Ok(value) if (least..=most).contains(&value) => value,
            _ => quit(USAGE, &format!("{name} {text}: not a number from {least} to {most}")),
        }
    }

    pub fn end(self) {
        if let Some(word) = self.words.into_iter().flatten().next() {
            quit(USAGE, &format!("unknown option: {word}"));
        }
    }
}

pub struct Rounds {
    count: u64,
    pub done: u64,
    started: bool,
    step: bool,
    warmup_nanos: u64,
    pub round_nanos: u64,
}

impl Rounds {
    pub fn of(options: &mut Options) -> Rounds {
        Rounds {
            count: options.number("--rounds", 5, 1, 1_000_000),
            warmup_nanos: options.number("--warmup-ms", 300, 0, 600_000) * 1_000_000,
            round_nanos: options.number("--round-ms", 300, 1, 600_000) * 1_000_000,
            step: options.flag("--step"),
            done: 0,
            started: false,
        }
    }

    pub fn warm_up(&self, mut round: impl FnMut()) {
        let begin = now_nanos();
        loop {
            round();
            if now_nanos() - begin >= self.warmup_nanos {
                return;
            }
        }
    }

    pub fn warm_up_nanos(&self) -> u64 {
        self.warmup_nanos
    }

    /// True when another round is wanted; its number is then `done`.
    pub fn next(&mut self) -> bool {
        if self.started {
            self.done += 1;
        } else if self.step {
            println!("ready");
        }
        self.started = true;
        if self.step {
            let mut line = String::new();
            return std::io::stdin().lock().read_line(&mut line).unwrap_or(0) > 0;
        }
        self.done < self.count
    }
}
