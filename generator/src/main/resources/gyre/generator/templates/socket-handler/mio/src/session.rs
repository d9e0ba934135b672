//! The client's state machine. It sees lines, and neither sockets nor clocks.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Connecting,
    Greeting,
    Ready { is_asked: bool }, // whether an answer is due
    Waiting,
    Ended,
}

/// How long a state may last.
#[derive(Debug, PartialEq, Eq)]
pub enum Patience {
    /// What the server may take for an answer.
    Answer,
    Heartbeat,
    Pause,
    Forever,
}

/// What is to be done when the time of a state is over.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    Connect,
    Say(String),
}

pub struct Session {
    name: &'static str,
    state: State,
    pings: u64,
}

impl Session {
    pub fn new(name: &'static str) -> Session {
        Session { name, state: State::Waiting, pings: 0 }
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn patience(&self) -> Patience {
        match self.state {
            State::Connecting | State::Greeting | State::Ready { is_asked: true } => {
                Patience::Answer
            }
            State::Ready { is_asked: false } => Patience::Heartbeat,
            State::Waiting => Patience::Pause,
            State::Ended => Patience::Forever,
        }
    }

    pub fn on_connected(&mut self) -> String {
        assert_eq!(self.state, State::Connecting);
        self.state = State::Greeting;
        format!("hello {}\n", self.name)
    }

    /// Tells what was wrong with the line, if so.
    pub fn on_line(&mut self, line: &[u8]) -> Result<(), String> {
        let said = String::from_utf8_lossy(line);
        match self.state {
            State::Greeting if line == b"welcome" => {
                self.state = State::Ready { is_asked: false };
                Ok(())
            }
            State::Greeting => Err(format!("the server said {said:?} where \"welcome\" was due")),
            State::Ready { is_asked: true } => {
                let due = format!("pong {}", self.pings);
                if line != due.as_bytes() {
                    return Err(format!("the server said {said:?} where {due:?} was due"));
                }
                self.state = State::Ready { is_asked: false };
                Ok(())
            }
            State::Ready { is_asked: false } => Err(format!("the server said {said:?} unasked")),
            State::Connecting | State::Waiting | State::Ended => {
                unreachable!("a line while there is no connection: {said:?}")
            }
        }
    }

    /// The time of the state is over.
    pub fn on_time(&mut self) -> Result<Due, String> {
        match self.state {
            State::Connecting => Err("connecting took too long".to_string()),
            State::Greeting | State::Ready { is_asked: true } => {
                Err("the server did not answer in time".to_string())
            }
            State::Ready { is_asked: false } => {
                self.pings += 1;
                self.state = State::Ready { is_asked: true };
                Ok(Due::Say(format!("ping {}\n", self.pings)))
            }
            State::Waiting => {
                self.state = State::Connecting;
                Ok(Due::Connect)
            }
            State::Ended => unreachable!("an end takes no time"),
        }
    }

    pub fn on_failure(&mut self) {
        self.state = State::Waiting;
    }

    /// What is left to say.
    pub fn on_stop(&mut self) -> &'static str {
        let is_open = matches!(self.state, State::Greeting | State::Ready { .. });
        self.state = State::Ended;
        if is_open {
            "bye\n"
        } else {
            ""
        }
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected() -> Session {
        let mut session = Session::new("me");
        assert_eq!(session.on_time(), Ok(Due::Connect));
        assert_eq!(session.on_connected(), "hello me\n");
        session
    }

    fn ready() -> Session {
        let mut session = connected();
        session.on_line(b"welcome").unwrap();
        session
    }

    #[test]
    fn should_ask_and_count_its_questions_over_connections() {
        let mut session = ready();
        for number in 1..=3 {
            assert_eq!(session.patience(), Patience::Heartbeat);
            assert_eq!(session.on_time(), Ok(Due::Say(format!("ping {number}\n"))));
            assert_eq!(session.patience(), Patience::Answer);
            session.on_line(format!("pong {number}").as_bytes()).unwrap();
        }
        session.on_failure();
        assert_eq!(session.patience(), Patience::Pause);
        assert_eq!(session.on_time(), Ok(Due::Connect));
        session.on_connected();
        session.on_line(b"welcome").unwrap();
        assert_eq!(session.on_time(), Ok(Due::Say("ping 4\n".to_string())));
    }

    #[test]
    fn should_refuse_what_is_not_the_answer() {
        assert!(connected().on_line(b"error not you").unwrap_err().contains("error not you"));
        assert!(ready().on_line(b"pong 1").unwrap_err().contains("unasked"));
        for line in ["pong 2", "pong", "pong 1 2", "welcome", ""] {
            let mut session = ready();
            session.on_time().unwrap();
            assert!(session.on_line(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn should_give_up_a_server_that_is_silent() {
        assert!(connected().on_time().is_err());
        let mut session = ready();
        session.on_time().unwrap();
        assert!(session.on_time().is_err());
    }

    #[test]
    fn should_say_bye_only_to_somebody() {
        assert_eq!(ready().on_stop(), "bye\n");
        assert_eq!(connected().on_stop(), "bye\n");
        let mut session = ready();
        session.on_failure();
        assert_eq!(session.on_stop(), "");
        assert_eq!(session.state(), State::Ended);
    }
}
{{/tests}}
