//! What a user may set on the command line.

use std::net::SocketAddr;
use std::process::exit;
use std::time::Duration;

{{#layer4_balancer}}
pub const TARGETS_MAX: usize = 64;

{{/layer4_balancer}}
pub struct Options {
    pub listen: SocketAddr,
    pub max_connections: usize,
    pub idle_timeout: Duration,
    pub drain_timeout: Duration,
{{#metrics}}
    pub metrics: Option<SocketAddr>,
{{/metrics}}
{{#tcp_server|websocket_server}}
    pub max_message_bytes: usize,
{{/tcp_server|websocket_server}}
{{#tcp_server}}
    pub message_timeout: Duration,
{{/tcp_server}}
{{#layer4_balancer}}
    pub targets: Vec<SocketAddr>,
    pub connect_timeout: Duration,
    pub retry_after: Duration,
{{/layer4_balancer}}
{{#socket_handler}}
    pub connect: Option<SocketAddr>,
    pub heartbeat: Duration,
    pub answer_timeout: Duration,
    pub retry_max: Duration,
{{/socket_handler}}
}

const USAGE: &str = concat!(
    "usage: {{name}} [--listen HOST:PORT] [--max-connections N]",
    " [--idle-timeout SECONDS] [--drain-timeout SECONDS]",
{{#metrics}}
    " [--metrics HOST:PORT]",
{{/metrics}}
{{#tcp_server|websocket_server}}
    " [--max-message BYTES]",
{{/tcp_server|websocket_server}}
{{#tcp_server}}
    " [--message-timeout SECONDS]",
{{/tcp_server}}
{{#layer4_balancer}}
    " --target HOST:PORT [--target HOST:PORT]...",
    " [--connect-timeout SECONDS] [--retry-after SECONDS]",
{{/layer4_balancer}}
{{#socket_handler}}
    " [--connect HOST:PORT] [--heartbeat MILLIS] [--answer-timeout MILLIS] [--retry-max MILLIS]",
{{/socket_handler}}
);

impl Options {
    /// Of the program's arguments; ends the program with a message if they are wrong.
    pub fn parse() -> Options {
        let mut options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 7000)),
            max_connections: 10_000,
            idle_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
{{#metrics}}
            metrics: None,
{{/metrics}}
{{#tcp_server|websocket_server}}
            max_message_bytes: 65_536,
{{/tcp_server|websocket_server}}
{{#tcp_server}}
            message_timeout: Duration::from_secs(10),
{{/tcp_server}}
{{#layer4_balancer}}
            targets: Vec::new(),
            connect_timeout: Duration::from_secs(3),
            retry_after: Duration::from_secs(5),
{{/layer4_balancer}}
{{#socket_handler}}
            connect: None,
            heartbeat: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
            retry_max: Duration::from_secs(30),
{{/socket_handler}}
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
            options.set(&name, &value);
        }
{{#layer4_balancer}}
        if options.targets.is_empty() {
            wrong(&format!("--target HOST:PORT is needed, at least once; {USAGE}"));
        }
{{/layer4_balancer}}
        options
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "--listen" => self.listen = address(name, value),
            "--max-connections" => {
                self.max_connections = number(name, value, 1, 10_000_000) as usize
            }
            "--idle-timeout" => self.idle_timeout = seconds(name, value, 1),
            "--drain-timeout" => self.drain_timeout = seconds(name, value, 0),
{{#metrics}}
            "--metrics" => self.metrics = Some(address(name, value)),
{{/metrics}}
{{#tcp_server|websocket_server}}
            "--max-message" => self.max_message_bytes = number(name, value, 16, 16 << 20) as usize,
{{/tcp_server|websocket_server}}
{{#tcp_server}}
            "--message-timeout" => self.message_timeout = seconds(name, value, 1),
{{/tcp_server}}
{{#layer4_balancer}}
            "--target" if self.targets.len() == TARGETS_MAX => {
                wrong(&format!("--target: there may be {TARGETS_MAX}"))
            }
            "--target" => self.targets.push(address(name, value)),
            "--connect-timeout" => self.connect_timeout = seconds(name, value, 1),
            "--retry-after" => self.retry_after = seconds(name, value, 0),
{{/layer4_balancer}}
{{#socket_handler}}
            "--connect" => self.connect = Some(address(name, value)),
            "--heartbeat" => self.heartbeat = millis(name, value),
            "--answer-timeout" => self.answer_timeout = millis(name, value),
            "--retry-max" => self.retry_max = millis(name, value),
{{/socket_handler}}
            _ => wrong(&format!("there is no option {name}; see --help")),
        }
    }
}

fn address(option: &str, text: &str) -> SocketAddr {
    let Ok(address) = text.parse() else {
        wrong(&format!("{option}: \"{text}\" is not HOST:PORT"))
    };
    address
}

fn seconds(option: &str, text: &str, least: u64) -> Duration {
    Duration::from_secs(number(option, text, least, 86_400))
}

{{#socket_handler}}
fn millis(option: &str, text: &str) -> Duration {
    Duration::from_millis(number(option, text, 1, 86_400_000))
}

{{/socket_handler}}
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
