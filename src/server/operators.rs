//! The file that names the operators of the server.

use crate::hub::Operator;
use crate::text::phrase::OperatorFault;
use argon2::{Algorithm, Params, PasswordHash};
use std::num::NonZero;

/// A line that names nobody, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: NonZero<usize>,
    pub(super) why: OperatorFault,
}

/// A line for each: a name and an Argon2 hash in PHC form. Blank lines and
/// those that begin with `#` are passed over.
pub(super) fn parse(text: &str) -> Result<Vec<Operator>, Fault> {
    let mut operators: Vec<Operator> = Vec::new();
    for (line, text) in (1..).filter_map(NonZero::new).zip(text.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let fault = |why| Fault { line, why };
        let operator = operator(text).map_err(fault)?;
        if operators.iter().any(|known| known.name == operator.name) {
            return Err(fault(OperatorFault::NamedTwice));
        }
        operators.push(operator);
    }
    Ok(operators)
}

fn operator(line: &str) -> Result<Operator, OperatorFault> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(hash), None) = (words.next(), words.next(), words.next()) else {
        return Err(OperatorFault::NotTwoWords);
    };
    let parsed = PasswordHash::new(hash).map_err(|_| OperatorFault::NoHash)?;
    // A salt alone would be right for no password, and is a copying mistake.
    let is_argon2 = Algorithm::try_from(parsed.algorithm.as_str()).is_ok();
    if !is_argon2 || parsed.hash.is_none() || Params::try_from(&parsed).is_err() {
        return Err(OperatorFault::NoHash);
    }
    Ok(Operator { name: name.to_owned(), hash: hash.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `printf secret | argon2 somesalt -id -e` prints.
    const HASH: &str =
        "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs";

    fn wrong(text: &str) -> (usize, OperatorFault) {
        let Fault { line, why } = parse(text).unwrap_err();
        (line.get(), why)
    }

    #[test]
    fn a_line_names_an_operator() {
        let text = format!("# who may end connections\n\nroot {HASH}\n\t小花\t{HASH}  \r\n");
        let operators = parse(&text).unwrap();
        let named: Vec<_> = operators.iter().map(|operator| (&*operator.name, &*operator.hash)).collect();
        assert_eq!(named, [("root", HASH), ("小花", HASH)]);
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        assert_eq!(wrong("\nroot"), (2, OperatorFault::NotTwoWords));
        assert_eq!(wrong(&format!("root {HASH} x")), (1, OperatorFault::NotTwoWords));
        for hash in [
            "secret",
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            "$pbkdf2-sha256$i=600000$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs",
            "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=1,t=3,p=1$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs",
        ] {
            assert_eq!(wrong(&format!("root {hash}")), (1, OperatorFault::NoHash), "{hash}");
        }
        assert_eq!(wrong(&format!("root {HASH}\n#\nroot {HASH}")), (3, OperatorFault::NamedTwice));
    }
}
