//! What clients make of the lines that they are sent, and what must hold of those.

use super::client::{Answer, Ask, Membership, Open, Page};
use super::step::ROOMS;
use super::truth::{LETTERS, lines_of, word_of};
use super::world::{REMEMBERED, World};
use roomchat::chat::Seq;
use roomchat::wire::Message;
use std::collections::BTreeSet;

impl World {
    /// One line that a client is sent.
    pub(super) fn hear(&mut self, who: usize, line: &str) -> Result<(), String> {
        let Ok(message) = Message::parse(line) else { return Err(format!("no message: {line}")) };
        let inside = message.tag("batch").map(String::from);
        if let Some(batch) = &inside
            && !self.clients[who].batches.contains_key(batch)
        {
            return Err(format!("in no open batch: {line}"));
        }
        let open = inside.as_ref().and_then(|batch| self.clients[who].batches.get_mut(batch));
        if let Some((_, text)) = open.and_then(|open| open.lines.as_mut())
            && message.is("PRIVMSG")
        {
            text.push_str(if message.tag("draft/multiline-concat").is_some() { "" } else { "\n" });
            text.push_str(message.last().unwrap_or_default());
            return Ok(());
        }
        let label = message.tag("label").and_then(|label| label.parse().ok());
        let ask = label.and_then(|label: u32| self.clients[who].asks.remove(&label));
        if label.is_some() && ask.is_none() {
            return Err(format!("nothing was asked with this label: {line}"));
        }
        if message.is("BATCH") {
            return self.batch(who, line, &message, ask.map(Answer::new), inside);
        }
        self.told(who, &message, inside, ask.map(Answer::new))
    }

    /// A line that stands for itself, or a message of several.
    fn told(
        &mut self,
        who: usize,
        message: &Message,
        inside: Option<String>,
        mut alone: Option<Answer>,
    ) -> Result<(), String> {
        let is_past = inside.as_deref().is_some_and(|batch| self.clients[who].is_past(batch));
        let is_again = matches!(&alone, Some(Answer { ask: Ask::SayAgain(_), .. }));
        // Its author alone is told of what was said before, even if it was redacted meanwhile.
        let is_past = is_past || is_again && self.is_from_before(who, message);
        if is_again && is_past && message.tag("msgid").is_some_and(|id| self.truth.is_redacted(&id)) {
            return Ok(());
        }
        let seq = self.truth.tell(message, is_past, &self.storage)?;
        if message.tag("msgid").is_some_and(|id| self.redacted.contains(&(who, id.into_owned()))) {
            return Err(format!("is told of what was redacted: {}", message.line()));
        }
        let client = &mut self.clients[who];
        let name = client.nick.clone();
        let answer = match &inside {
            Some(batch) => client.answer_in(batch),
            None => alone.as_mut(),
        };
        answer.into_iter().for_each(|answer| add(answer, message, (seq, is_past), &name));
        if !is_past {
            self.happened(who, message, seq)?;
        }
        alone.map_or(Ok(()), |answer| self.answered(who, answer))
    }

    /// Whether a message is older than what its author was told of the room last.
    fn is_from_before(&self, who: usize, message: &Message) -> bool {
        let seq = message.tag("msgid").and_then(|id| self.truth.seq_of(&id));
        let room = message.param(0).and_then(|room| self.clients[who].rooms.get(room));
        seq.is_some_and(|seq| room.is_none_or(|member| seq <= member.last))
    }

    fn batch(
        &mut self,
        who: usize,
        line: &str,
        message: &Message,
        answer: Option<Answer>,
        parent: Option<String>,
    ) -> Result<(), String> {
        let (sign, id) = message.param(0).unwrap_or_default().split_at(1);
        let client = &mut self.clients[who];
        if sign == "+" {
            let is_past = matches!(message.param(1), Some("chathistory" | "soju.im/search"));
            let is_message = message.param(1) == Some("draft/multiline");
            let lines = is_message.then(|| (line.to_owned(), String::new()));
            let open = Open { parent, is_past, answer, lines };
            if client.batches.insert(id.to_owned(), open).is_some() {
                return Err(format!("opened twice: {}", message.line()));
            }
            return Ok(());
        }
        let Some(open) = client.batches.remove(id) else {
            return Err(format!("was not open: {}", message.line()));
        };
        if let Some((opened, text)) = open.lines {
            let text = text.trim_start_matches('\n');
            let known = lines_of(word_of(text));
            if text != known {
                return Err(format!("is told {text:?}, and {known:?} was said: {opened}"));
            }
            // To others its first line has its id.
            let first = text.split('\n').next().unwrap_or_default();
            let (tags, rest) = opened.split_once(" BATCH ").unwrap_or_default();
            let room = rest.split(' ').next_back().unwrap_or_default();
            let line = format!("{tags} PRIVMSG {room} :{first}");
            let Ok(message) = Message::parse(&line) else { return Err(format!("no message: {line}")) };
            return self.told(who, &message, open.parent, open.answer);
        }
        open.answer.map_or(Ok(()), |answer| self.answered(who, answer))
    }

    /// Something has happened just now.
    fn happened(&mut self, who: usize, message: &Message, seq: Option<Seq>) -> Result<(), String> {
        let name = &self.clients[who].nick.clone();
        let is_own = message.nick() == Some(name);
        let room = ROOMS.into_iter().find(|room| message.param(0) == Some(room));
        let client = &mut self.clients[who];
        match (message.command(), room) {
            ("PING", _) => {
                let answer = format!("PONG :{}", message.last().unwrap_or_default());
                match client.is_slow {
                    true => client.pings.push(answer),
                    false => client.send(&answer),
                }
            }
            ("PONG", _) => {
                if let Some(label) = message.last().and_then(|token| token.parse().ok()) {
                    client.asks.remove(&label);
                }
            }
            ("PRIVMSG" | "NOTICE", Some(room)) => {
                let Some(seq) = seq.filter(|_| client.has_labels()) else { return Ok(()) };
                let Some(member) = client.rooms.get_mut(room) else {
                    return Err(format!("is not in {room}: {}", message.line()));
                };
                if seq <= member.last {
                    return Err(format!("out of order behind {:?}: {}", member.last, message.line()));
                }
                let before = self.truth.rooms[room].order.range(..seq).next_back();
                if before.is_some_and(|before| *before > member.last) {
                    return Err(format!("was not told of {before:?}, before {}", message.line()));
                }
                member.last = seq;
            }
            ("REDACT", Some(_)) => {
                self.redacted.insert((who, message.param(1).unwrap_or_default().to_owned()));
            }
            ("JOIN", Some(room)) if is_own => {
                let since = seq.unwrap_or_default();
                client.rooms.insert(room, Membership { is_operator: false, since, last: since });
                self.say_again(who, room);
            }
            ("PART", Some(room)) if is_own => drop(client.rooms.remove(room)),
            ("KICK", Some(room)) if message.param(1) == Some(name) => drop(client.rooms.remove(room)),
            ("TOPIC", Some(room)) => {
                let topic = message.last().unwrap_or_default().to_owned();
                let room = self.truth.rooms.get_mut(room).expect("it is known");
                room.topic = seq.map(|seq| (seq, topic)).or(room.topic.take());
            }
            ("NICK", _) if is_own => client.nick = message.param(0).unwrap_or_default().to_owned(),
            ("MODE", Some(room)) if message.param(2) == Some(name) => {
                if let (Some(member), Some(letters)) = (client.rooms.get_mut(room), message.param(1)) {
                    match letters {
                        "+o" => member.is_operator = true,
                        "-o" => member.is_operator = false,
                        _ => {}
                    }
                }
            }
            ("MODE", Some(room)) => {
                let known = self.truth.rooms.get_mut(room).expect("it is known");
                known.change(message.param(1).unwrap_or("+"), message.param(2));
            }
            ("353", _) => {
                if let Some(room) = ROOMS.into_iter().find(|room| message.param(2) == Some(room))
                    && let Some(member) = client.rooms.get_mut(room)
                    && let Some(is_operator) = own_rank(message, name)
                {
                    member.is_operator = is_operator;
                }
            }
            _ => {}
        }
        if matches!(message.command(), "PART" | "KICK") {
            self.look_for_empty_rooms();
        }
        Ok(())
    }

    /// An answer is whole.
    fn answered(&mut self, who: usize, answer: Answer) -> Result<(), String> {
        let Answer { ask, is_refused, .. } = &answer;
        match ask {
            Ask::Fence | Ask::Redact | Ask::Change { .. } | Ask::Rename => Ok(()),
            Ask::Modes { room } => self.check_settings(room, &answer),
            // Where it is refused now, it may have been said before.
            Ask::SayAgain(_) => Ok(()),
            Ask::Say { word, .. } => {
                self.truth.refused.extend(word.clone().filter(|_| *is_refused));
                Ok(())
            }
            Ask::Page(page) if !is_refused => self.check_page(who, page, &answer.records),
            Ask::Search { word, id, must_be_found } if !is_refused => {
                let said = &self.truth.said[id];
                let is_found = answer.records.iter().any(|(seq, _)| *seq == said.seq);
                let must_be_found = *must_be_found && said.is_to_be_found(self.truth.oldest);
                if must_be_found && !is_found && self.clients[who].rooms.contains_key(self.truth.room_of(id))
                {
                    return Err(format!("{id} is not found by its word {word}"));
                }
                Ok(())
            }
            Ask::Page(_) | Ask::Search { .. } => Ok(()),
            Ask::Join { room } => self.check_entry(who, room, &answer),
        }
    }

    fn check_page(&self, who: usize, page: &Page, records: &[(Seq, bool)]) -> Result<(), String> {
        let seqs: Vec<Seq> = records.iter().map(|(seq, _)| *seq).collect();
        if !seqs.is_sorted_by(|a, b| a < b) {
            return Err(format!("a page is not in the order of the log: {seqs:?}"));
        }
        let messages: BTreeSet<Seq> =
            records.iter().filter(|(_, is_message)| *is_message).map(|(seq, _)| *seq).collect();
        // A message that was redacted meanwhile has left its place in the page empty.
        let is_short = seqs.len() + self.truth.redacted_in(page.room) < page.most;
        let since = self.clients[who].rooms.get(page.room).map_or(Seq(0), |member| member.since);
        for (id, said) in self.truth.to_be_found(page.room) {
            let is_before = said.told <= page.told || said.seq < since;
            let is_asked = is_before && page.from < said.seq && said.seq < page.to;
            let is_within = match page.newest {
                Some(_) if is_short => true,
                Some(true) => seqs.first().is_some_and(|first| *first < said.seq),
                Some(false) => seqs.last().is_some_and(|last| *last > said.seq),
                None => false,
            };
            if is_asked && is_within && !messages.contains(&said.seq) {
                return Err(format!("{id} ({:?}) is missing in the page {page:?}: {seqs:?}", said.seq));
            }
        }
        Ok(())
    }

    /// What somebody is told of the settings of a room.
    fn check_settings(&mut self, room: &'static str, answer: &Answer) -> Result<(), String> {
        let Some((letters, settings)) = answer.settings.clone() else { return Ok(()) };
        let known = self.truth.rooms.get_mut(room).expect("it is known");
        match known.settings.insert(letters, settings.clone()) {
            Some(before) if before != settings => {
                Err(format!("{room} had the settings {before:?}, and has {settings:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Somebody has asked to come into a room.
    fn check_entry(&mut self, who: usize, room: &'static str, answer: &Answer) -> Result<(), String> {
        let uptime = self.uptime();
        let before = self.before.remove(&(who, room));
        let before = before.filter(|before| uptime < before.restarted + REMEMBERED);
        if answer.is_refused {
            // A ban that was set since holds for members of before as well.
            let has_bans = !self.truth.rooms[room].has_no_bans();
            return match before {
                Some(_) if !has_bans => {
                    Err(format!("{} was in {room} and can't come back", client_name(who)))
                }
                _ => Ok(()),
            };
        }
        if !answer.has_entered {
            // Was there already.
            return Ok(());
        }
        // Where no operator may come back, whoever finds the room empty is one.
        let awaits_operator = self.before.iter().any(|((_, other), before)| {
            *other == room && before.is_operator && uptime < before.restarted + REMEMBERED
        });
        if let (Some(before), Some(is_operator)) = (before, answer.is_operator)
            && before.is_operator != is_operator
            && (before.is_operator || awaits_operator)
        {
            let name = client_name(who);
            return Err(format!(
                "{name} is operator of {room}: {is_operator}, and was: {}",
                before.is_operator
            ));
        }
        let entered = self.clients[who].rooms.get(room).map_or(Seq(0), |member| member.since);
        let known = self.truth.rooms.get_mut(room).expect("it is known");
        let topic = answer.topic.clone().unwrap_or_default();
        match &known.topic {
            // In the same batch others may be told of what came later first.
            Some((seq, _)) if *seq > entered => Ok(()),
            Some((_, before)) if *before != topic => {
                Err(format!("the topic of {room} was {before}, and is {topic}"))
            }
            _ => {
                known.topic = Some((entered, topic));
                Ok(())
            }
        }
    }
}

/// Adds a line to an answer.
fn add(answer: &mut Answer, message: &Message, (seq, is_past): (Option<Seq>, bool), name: &str) {
    match message.command() {
        "FAIL" => answer.is_refused = true,
        "332" => answer.topic = message.last().map(str::to_owned),
        "366" => answer.has_entered = true,
        "324" => {
            let mut values = (3..).map_while(|at| message.param(at));
            let letters = message.param(2).unwrap_or_default().chars();
            let known = letters.filter_map(|letter| match letter {
                'k' | 'l' => Some(format!("{letter} {}", values.next().unwrap_or_default())),
                'm' | 'i' => Some(format!("{letter} ")),
                _ => None,
            });
            answer.settings = Some((LETTERS[0], known.collect()));
        }
        "367" | "346" => {
            let entry =
                format!("{} {}", list_of(message).unwrap_or_default(), message.param(2).unwrap_or_default());
            let (_, known) =
                answer.settings.get_or_insert((list_of(message).unwrap_or_default(), BTreeSet::new()));
            known.insert(entry);
        }
        "368" | "347" => {
            answer.settings.get_or_insert((list_of(message).unwrap_or_default(), BTreeSet::new()));
        }
        "353" => answer.is_operator = own_rank(message, name).or(answer.is_operator),
        number if number.starts_with(['4', '5']) && number.len() == 3 => answer.is_refused = true,
        command if is_past => {
            answer.records.extend(seq.map(|seq| (seq, matches!(command, "PRIVMSG" | "NOTICE"))));
        }
        _ => {}
    }
}

/// The letter of the list that a reply is about.
fn list_of(message: &Message) -> Option<&'static str> {
    Some(match message.command() {
        "367" | "368" => "b",
        "346" | "347" => "I",
        _ => return None,
    })
}

/// Whether a line of NAMES shows this name as an operator, if it shows it.
fn own_rank(message: &Message, name: &str) -> Option<bool> {
    let names = message.last()?.split(' ');
    names.filter_map(|shown| shown.strip_suffix(name)).map(|rank| rank.contains('@')).next()
}

fn client_name(who: usize) -> &'static str {
    super::client::NAMES[who]
}
