//! What a user may set on the command line.

use std::net::SocketAddr;
use std::process::exit;
use std::time::Duration;

pub struct Options {
    pub listen: SocketAddr,
    pub max_connections: usize,
    pub idle_timeout: Duration,
    pub drain_timeout: Duration,
}

const USAGE: &str = "usage: {{name}} [--listen HOST:PORT] [--max-connections N] \
                     [--idle-timeout SECONDS] [--drain-timeout SECONDS]";

impl Options {
    /// Of the program's arguments; ends the program with a message if they are wrong.
    pub fn parse() -> Options {
        let mut options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 7000)),
            max_connections: 10_000,
            idle_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            if name == "--help" {
                println!("{USAGE}");
                exit(0);
            }
            let Some(value) = arguments.next() else {
                wrong(&format!("{name} needs a value; {USAGE}"))
            };
            match name.as_str() {
                "--listen" => match value.parse() {
                    Ok(address) => options.listen = address,
                    Err(_) => wrong(&format!("--listen: \"{value}\" is not HOST:PORT")),
                },
                "--max-connections" => {
                    options.max_connections = number(&name, &value, 1, 10_000_000) as usize
                }
                "--idle-timeout" => {
                    options.idle_timeout = Duration::from_secs(number(&name, &value, 1, 86_400))
                }
                "--drain-timeout" => {
                    options.drain_timeout = Duration::from_secs(number(&name, &value, 0, 86_400))
                }
                _ => wrong(&format!("there is no option {name}; see --help")),
            }
        }
        options
    }
}

fn number(option: &str, text: &str, least: u64, most: u64) -> u64 {
    match text.parse() {
        Ok(value) if (least..=most).contains(&value) => value,
        _ => wrong(&format!("{option}: \"{text}\" is no number from {least} to {most}")),
    }
}

fn wrong(message: &str) -> ! {
    eprintln!("{{name}}: {message}");
    exit(2)
}
