//! From the question for a name to the last goodbye.

use super::app::{App, Outcome};
use super::conversation::Conversation;
use super::frontend::Frontend;
use super::model::{Ending, Item, Model};
use super::plain::Echo;
use super::plan::Plan;
use super::signals;
use super::terminal::Terminal;
use super::trust::Trust;
use crate::text::Phrase;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// # Errors
/// When the terminal, a thread or a signal handler can't be had.
pub(super) fn run(plan: Plan) -> io::Result<u8> {
    let terminal = if plan.plain { None } else { Terminal::take().map(Arc::new) };
    let (to_give_back, echo) = (terminal.clone(), Arc::<Echo>::default());
    let to_echo = Arc::clone(&echo);
    let signals = signals::watch(move || {
        to_echo.set(true);
        if let Some(terminal) = &to_give_back {
            terminal.give_back();
        }
    })?;
    let frontend = Frontend::open(plan.lang, terminal, plan.commands, echo)?;
    let trust = Trust::default();
    let mut app = App { plan, frontend, signals, trust, start: Instant::now() };
    let title = Phrase::Title.say(app.plan.lang);
    app.frontend.printer.title(title);
    Ok(converse(&mut app))
}

/// One conversation after the other, until one is the last.
fn converse(app: &mut App) -> u8 {
    if let Err(sentence) = app.open_trust() {
        return app.refuse(&sentence);
    }
    // The server's password, at the terminal.
    let mut is_typed = false;
    let mut taken = None;
    loop {
        let name = match app.plan.name.take() {
            Some(name) => name,
            None => match app.ask_name(taken.take()) {
                Ok(name) => name,
                Err(code) => return code,
            },
        };
        let link = match app.connect() {
            Ok(link) => link,
            Err(code) => return code,
        };
        let state = &app.frontend.state;
        let (user, shown) = (state.user(&app.plan.address()), app.shown_address(link.is_encrypted()));
        let password = app.plan.password.clone();
        let mut model = Model::open(&name, user.as_deref(), password, &app.plan.rooms, shown);
        model.ignore_all(state.ignored());
        model.begin_ids_with(std::iter::repeat_with(fastrand::alphanumeric).take(11).collect());
        let mut talk = Conversation::new(app, link, model);
        let outcome = talk.run();
        let is_let_in = talk.is_let_in();
        if matches!(outcome, Outcome::Over(_)) && !is_let_in {
            app.trust.is_not_plain(&app.frontend.state);
        }
        match outcome {
            Outcome::Over(ending @ Ending::NameRefused { .. }) if !app.frontend.is_plain() => {
                let text = app.look().ending(&ending);
                app.frontend.show(Item::Sentence { text });
                if let Ending::NameRefused { taken: true, .. } = ending {
                    app.frontend.show(Item::Told(Phrase::TryNameAgain));
                    taken = Some(name);
                }
            }
            Outcome::Over(Ending::Password { was_given })
                if app.frontend.terminal.is_some() && !is_let_in && (is_typed || !was_given) =>
            {
                if was_given {
                    app.frontend.show(Item::Server { text: "Password incorrect".to_owned() });
                }
                let Some(password) = app.ask_password() else {
                    return app.finish(&Outcome::Over(Ending::Password { was_given: false }));
                };
                is_typed = true;
                (app.plan.name, app.plan.password) = (Some(name), Some(password));
            }
            Outcome::MustEncrypt { port } => match app.must_encrypt(port) {
                Ok(()) => app.plan.name = Some(name),
                Err(sentence) => return app.refuse(&sentence),
            },
            outcome => return app.finish(&outcome),
        }
    }
}
