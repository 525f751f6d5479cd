//! What is told of who may do what in a room, and of who somebody is.

use super::look::{Look, drawn};
use crate::join::model::{MaskKind, Meant, Silenced, Standing, is_of_device, meant};
use crate::join::slash_command::Silence;
use crate::text::Phrase;
use crate::text::wrap::whole;

impl Look {
    pub(super) fn told_silence(
        &self,
        (by, who): (&str, &str),
        silence: Silence,
        kind: &MaskKind,
        on: bool,
        only: Option<&str>,
    ) -> String {
        let absent = is_of_device(who).then(|| self.say(Phrase::SomebodyAbsent));
        let (by, who) = (&*drawn(by), &*absent.unwrap_or_else(|| drawn(who)));
        let told = self.say(match silence {
            Silence::Ban => Phrase::Banned { who, by, on },
            Silence::Mute => Phrase::Muted { who, by, on },
        });
        let address = match kind {
            MaskKind::Address(address) => drawn(address),
            _ => String::new(),
        };
        let how = match kind {
            _ if !on => None,
            MaskKind::Device | MaskKind::User => Some(Phrase::AnotherNameHelpsNot),
            MaskKind::Address(_) => Some(Phrase::GoesByAddress { address: &address }),
            MaskKind::Name => Some(Phrase::AnotherNameHelps),
            MaskKind::Given => None,
        };
        let only = only.map(|room| self.say(Phrase::OnlyInRoom { room }));
        let how = how.map(|how| self.say(how));
        [Some(told), how, only].into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    pub(super) fn silenced(&self, silence: Silence, entries: &[Silenced]) -> String {
        let names =
            entries.iter().map(|entry| whole(&self.listed_entry(entry))).collect::<Vec<_>>().join(", ");
        let names = &*names;
        let told = self.say(match silence {
            Silence::Ban => Phrase::AllBanned { names },
            Silence::Mute => Phrase::AllMuted { names },
        });
        match entries.is_empty() {
            true => told,
            false => format!("{told}\n{}", self.say(Phrase::HowToLift { command: silence.lifted_by() })),
        }
    }

    /// An entry by what it goes by, and whom that is.
    fn listed_entry(&self, Silenced { name, mask }: &Silenced) -> String {
        let goes_by = match meant(mask) {
            Some(Meant::Device(device)) => self.say(Phrase::OfDevice { device: &drawn(device) }),
            Some(Meant::Address(address)) => self.say(Phrase::OfAddress { address: &drawn(address) }),
            Some(Meant::Name(name)) => return drawn(name),
            None => drawn(mask),
        };
        match name {
            Some(name) => format!("{} ({goes_by})", drawn(name)),
            None => goes_by,
        }
    }

    pub(super) fn modes(&self, modes: &[(char, Option<String>)]) -> String {
        let words = modes.iter().map(|(letter, value)| {
            let value = value.as_deref().map(drawn);
            self.say(Phrase::ModeIs { letter: *letter, value: value.as_deref() })
        });
        let lines: Vec<String> = words.map(|mode| self.say(Phrase::ModesAre { modes: &mode })).collect();
        if lines.is_empty() { self.say(Phrase::ModesAre { modes: "" }) } else { lines.join("\n") }
    }

    pub(super) fn whois(&self, name: &str, told: &Standing) -> String {
        let name = &*drawn(name);
        let real = drawn(&told.real);
        let real = Some(&*real).filter(|real| !real.is_empty() && *real != name);
        let rooms: Vec<&str> = told.rooms.iter().map(|room| room.trim_start_matches('+')).collect();
        let rooms = drawn(&rooms.join(", "));
        let account = told.account.as_deref().map(drawn);
        let away = told.away.as_deref().map(drawn);
        let host = drawn(&told.host);
        let phrases = [
            Some(Phrase::WhoisFrom { name, host: &host, real }),
            (!rooms.is_empty()).then_some(Phrase::WhoisRooms { rooms: &rooms }),
            told.idle.map(|seconds| Phrase::WhoisIdle { seconds }),
            away.as_deref().map(|text| Phrase::Away { name, text }),
            account.as_deref().map(|account| Phrase::WhoisAccount { account }),
            told.is_operator.then_some(Phrase::WhoisOperator),
            told.is_bot.then_some(Phrase::WhoisBot),
            told.is_secure.then_some(Phrase::WhoisSecure),
        ];
        phrases.into_iter().flatten().map(|phrase| self.say(phrase)).collect::<Vec<_>>().join("\n")
    }
}
