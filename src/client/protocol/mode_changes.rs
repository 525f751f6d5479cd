//! The changes of a room's modes that one MODE tells (Modern, MODE message).

use super::features::ServerFeatures;
use crate::wire::Message;

/// One letter of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    pub on: bool,
    pub letter: char,
    /// A name, a mask or a value, where the letter has one.
    pub param: Option<String>,
}

/// The changes, in their order; `from` is the parameter that holds the letters. What is no ASCII letter is
/// no mode, and left out: a control character among them would reach the terminal.
pub fn mode_changes(message: &Message, from: usize, features: &ServerFeatures) -> Vec<ModeChange> {
    let [lists, always, where_set] = features.room_modes();
    let mut params = message.all_params().skip(from);
    let letters = params.next().unwrap_or_default();
    let mut on = true;
    let mut changes = Vec::new();
    for letter in letters.chars() {
        match letter {
            '+' => on = true,
            '-' => on = false,
            letter => {
                let takes_one = [lists, always, features.ranks()].iter().any(|kind| kind.contains(letter))
                    || on && where_set.contains(letter);
                let param = if takes_one { params.next().map(str::to_owned) } else { None };
                if letter.is_ascii_alphabetic() {
                    changes.push(ModeChange { on, letter, param });
                }
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_has_its_own_parameter() {
        let message = Message::parse(":a!u@h MODE #x +ov-lk+i bob 小明 key").unwrap();
        let change =
            |on, letter, param: Option<&str>| ModeChange { on, letter, param: param.map(str::to_owned) };
        assert_eq!(
            mode_changes(&message, 1, &ServerFeatures::default()),
            [
                change(true, 'o', Some("bob")),
                change(true, 'v', Some("小明")),
                change(false, 'l', None),
                change(false, 'k', Some("key")),
                change(true, 'i', None),
            ]
        );
    }

    /// An escape sequence among the letters reached the terminal as it stands.
    #[test]
    fn only_ascii_letters_are_modes() {
        let mut features = ServerFeatures::default();
        features.receive(&Message::parse(":s 005 a CHANMODES=b\u{9b},k,l,i :are").unwrap());
        let message = Message::parse(":s MODE #x +\x1b\u{9d}8\u{9b}ib mask bob!*@*").unwrap();
        let changes = mode_changes(&message, 1, &features);
        let told: Vec<_> = changes.iter().map(|change| (change.letter, change.param.as_deref())).collect();
        assert_eq!(told, [('i', None), ('b', Some("bob!*@*"))]);
    }
}
