//! When each line of a session is obeyed: at once, in its place behind those that
//! wait, or not at all. Lines are put into the queue and taken out of it here alone.

use super::batch::Batch;
use super::commands::cost;
use super::console_event::Departure;
use super::context::Context;
use super::ids::SessionId;
use super::input::Input;
use super::irc::{multiline, oper, refuse};
use super::limits::WORK_PER_POINT;
use super::lines::{End, InputState, Lines, PendingCheck, Queued};
use super::session::Session;
use super::state::State;
use super::time::Now;
use super::timers::Alarm;
use super::unfinished::Unfinished;
use super::{dispatch, line_mode, registration, work};
use crate::wire::Message;
use std::time::Duration;

/// Lines whose time has come go on, behind those who have waited for their next slice.
pub(super) fn end_delays(state: &mut State, now: Now) {
    while let Some(Alarm { session: id, generation, .. }) = state.delays.due(now.uptime) {
        let Some(Session { few: Some(few), generation: current, .. }) = state.session_mut(id) else {
            continue;
        };
        if *current == generation {
            few.lines.alarm = None;
            state.make_ready(id);
        }
    }
}

/// Lets those go on who wait for their next slice, in the order in which they came to wait, for as long as
/// a round lasts. A session that is not done then goes to the end of the queue.
pub(super) fn resume_ready(state: &mut State, now: Now, batch: &mut Batch) {
    let round = state.work.round();
    while !state.work.is_spent(round)
        && let Some((id, generation)) = state.ready.pop_front()
    {
        let Some(Session { few: Some(few), generation: current, .. }) = state.session_mut(id) else {
            continue;
        };
        if *current == generation {
            few.lines.is_ready = false;
            resume(state, id, now, batch);
        }
    }
}

/// Obeys lines of a session that wait, as far as they may be now.
pub(super) fn resume(state: &mut State, id: SessionId, now: Now, batch: &mut Batch) {
    let mut ctx = Context::new(state, id, now, batch);
    advance(&mut ctx);
    ctx.end();
    release(state, id, false, batch);
    end_if_done(state, id, now, batch);
    state.reap(batch);
}

/// Lets the I/O layer read on, if it does not and may; or does not let it, where it
/// `has_read` and has given more than can wait here.
pub(super) fn release(state: &mut State, id: SessionId, has_read: bool, batch: &mut Batch) {
    let lines = match state.session_mut(id) {
        Some(Session { few: Some(few), .. }) => Some(&mut few.lines),
        _ => None,
    };
    let is_held = has_read || lines.as_ref().is_some_and(|lines| lines.holds_ticket);
    let holds = lines.as_ref().is_some_and(|lines| lines.most().is_none() && !lines.is_empty());
    if let Some(lines) = lines {
        lines.holds_ticket = is_held && holds;
    }
    if is_held && !holds {
        batch.released.push(id);
    }
}

/// A connection is over whose last lines have been obeyed.
pub(super) fn end_if_done(state: &mut State, id: SessionId, now: Now, batch: &mut Batch) {
    let Some(Session { few: Some(few), .. }) = state.session_mut(id) else { return };
    if few.lines.is_done()
        && let End::Gone(why) = &few.lines.end
    {
        let why = why.clone();
        state.forget(id, why, now, batch);
    }
}

/// What is to be done next of a session's lines.
enum Next {
    /// Paid for, where it is a line.
    Queued(Queued),
    Unfinished(Box<Unfinished>),
}

/// Obeys a line that has come, or puts it behind those that wait.
pub(super) fn hear(ctx: &mut Context<'_>, input: Input) {
    let now = ctx.now.uptime;
    if ctx.session().few.as_ref().is_some_and(|few| !few.lines.is_open()) {
        return wait(ctx, input);
    }
    if ctx.is_spent() {
        make_ready(ctx);
        return wait(ctx, input);
    }
    if let Some(at) = registration::password_waits_until(ctx, &input) {
        throttle(ctx, at);
        return wait(ctx, input);
    }
    let cost = cost(&input, ctx.caps());
    let is_pong = is_pong(ctx, &input);
    let paid = match is_pong {
        // It does not wait, so nothing is reserved for it.
        true => ctx.session_mut().bucket.spend(cost, now),
        false => ctx.state.pay(ctx.id, cost, now),
    };
    if let Err(at) = paid {
        if !is_pong {
            refuse::warn(ctx, &input, at);
        }
        throttle(ctx, at);
        return wait(ctx, input);
    }
    obey(ctx, Next::Queued(Queued::Line(input, cost)));
    if ctx.session().few.as_ref().is_some_and(|few| few.lines.unfinished.is_some()) {
        advance(ctx);
    }
}

/// Obeys lines that wait, as far as they may be now.
fn advance(ctx: &mut Context<'_>) {
    while let Some(next) = next(ctx) {
        obey(ctx, next);
    }
    let few = ctx.session().few.as_ref();
    if few.is_some_and(|few| few.lines.is_done() && matches!(few.lines.end, End::Gone(_))) && !ctx.is_over() {
        multiline::drop_open(ctx, "The connection ended before the batch did");
    }
}

/// Obeys one line, or a piece of one. Work beyond its price is to be paid afterwards, but for what
/// everybody is told who comes in.
fn obey(ctx: &mut Context<'_>, next: Next) {
    let (is_free, cost) = match &next {
        Next::Queued(Queued::Line(input, cost)) => (is_coming_in(ctx, input), *cost),
        Next::Queued(Queued::Refused { .. }) => (false, 0),
        Next::Unfinished(_) => (ctx.session().few.as_ref().is_some_and(|few| few.lines.is_free), 0),
    };
    let (before, was_registered) = (ctx.state.work.done(), ctx.session().user().is_some());
    ctx.worked(work::OF_INPUT);
    match next {
        Next::Queued(Queued::Line(input, _)) => dispatch::read(ctx, input),
        Next::Unfinished(unfinished) => dispatch::go_on(ctx, *unfinished),
        Next::Queued(Queued::Refused { is_end }) => {
            multiline::refuse_line(ctx, "A line of it found no room to wait", is_end);
            ctx.finish();
        }
    }
    let unpaid = (ctx.state.work.done() - before).saturating_sub(u64::from(cost) * WORK_PER_POINT);
    if is_free {
        came_in(ctx, was_registered);
    } else if unpaid > 0 {
        charge(ctx, unpaid);
    }
    stop_for_reader(ctx);
}

/// Whether a line registers its sender, or is the first that asks for a room: for one alone.
fn is_coming_in(ctx: &Context<'_>, input: &Input) -> bool {
    let session = ctx.session();
    !session.has_entered && (session.user().is_none() || input.message().is_some_and(enters_one_room))
}

fn enters_one_room(message: &Message) -> bool {
    message.is("JOIN") && message.param(0).is_some_and(|rooms| !rooms.contains(','))
}

/// After a line that nobody pays for, or a piece of one. There is one such that asks for a room,
/// whether it was let in or not.
fn came_in(ctx: &mut Context<'_>, was_registered: bool) {
    let session = ctx.session_mut();
    session.has_entered |= was_registered;
    if let Some(few) = &mut session.few {
        few.lines.is_free = few.lines.unfinished.is_some();
    }
}

/// Lets a session pay for work that it has caused, and its address where it ends.
fn charge(ctx: &mut Context<'_>, work: u64) {
    let now = ctx.now.uptime;
    let session = ctx.session_mut();
    let (from, owed) = (session.from.ip(), session.bucket.price_of_work(work));
    let (is_over, has_left) = (session.is_leaving(), session.has_left());
    if !is_over {
        session.bucket.charge(owed, now);
    }
    if is_over || has_left {
        ctx.state.penalties.leave(from, owed, now);
    }
    ctx.state.penalties.share(from, owed, now);
}

/// What is to be done now, if anything.
fn next(ctx: &mut Context<'_>) -> Option<Next> {
    let (now, is_over, is_spent) = (ctx.now.uptime, ctx.is_over(), ctx.is_spent());
    let lines = &mut ctx.session_mut().few.as_deref_mut()?.lines;
    if is_over {
        lines.clear();
        lines.goodbye = None;
        return None;
    }
    if lines.is_waiting() {
        return None;
    }
    if lines.has_backlog && lines.waits_for_reader() {
        lines.state = InputState::Backlogged;
        return None;
    }
    if lines.is_done() {
        lines.clear();
        lines.state = InputState::Open;
        return None;
    }
    if is_spent {
        make_ready(ctx);
        return None;
    }
    if let Some(unfinished) = lines.unfinished.take() {
        return Some(Next::Unfinished(unfinished));
    }
    let password = match lines.front() {
        Some(Queued::Line(input, _)) if input.message().is_some_and(|message| message.is("PASS")) => {
            Some(input.clone())
        }
        _ => None,
    };
    if let Some(at) = password.and_then(|password| registration::password_waits_until(ctx, &password)) {
        throttle(ctx, at);
        return None;
    }
    let lines = &mut ctx.session_mut().few().lines;
    let cost = match lines.front() {
        Some(Queued::Line(_, cost)) => *cost,
        Some(Queued::Refused { .. }) => 0,
        None => return goodbye(lines),
    };
    let (is_ending, may_wait) = (!matches!(lines.end, End::Stays), lines.waits_for_reader());
    let is_lent = is_ending && ctx.state.lend(ctx.id, cost, now);
    if !is_lent && !may_wait {
        // The rest is lost: the address can't pay for it, and nobody waits until it can.
        let lines = &mut ctx.session_mut().few().lines;
        lines.clear();
        return goodbye(lines);
    }
    if !is_lent && let Err(at) = ctx.state.pay(ctx.id, cost, now) {
        refuse::warn_of_first(ctx, at);
        throttle(ctx, at);
        return None;
    }
    ctx.session_mut().few().lines.pop().map(Next::Queued)
}

/// QUIT, if it was read: nothing is paid for it.
fn goodbye(lines: &mut Lines) -> Option<Next> {
    lines.goodbye.take().map(|goodbye| Next::Queued(Queued::Line(*goodbye, 0)))
}

/// Nothing more of this session is obeyed in this slice.
fn make_ready(ctx: &mut Context<'_>) {
    ctx.session_mut().few().lines.state = InputState::Yielded;
    ctx.state.make_ready(ctx.id);
}

/// Until then nothing of this session is obeyed.
fn throttle(ctx: &mut Context<'_>, at: Duration) {
    let session = ctx.session_mut();
    let generation = session.generation;
    let lines = &mut session.few().lines;
    lines.state = InputState::Throttled(at);
    if lines.alarm.is_none_or(|alarm| alarm > at) {
        lines.alarm = Some(at);
        ctx.state.delays.arm(Alarm { at, session: ctx.id, generation });
    }
}

/// Lets what follows wait if so much was replied that it is to be taken first.
fn stop_for_reader(ctx: &mut Context<'_>) {
    if !ctx.is_ahead() || ctx.is_over() {
        return;
    }
    let session = ctx.session_mut();
    let lines = &session.few().lines;
    if !lines.has_backlog && lines.waits_for_reader() {
        session.set_backlogged();
        ctx.batch.backlogged.push(ctx.id);
    }
}

/// Begins to obey all that waits, since the connection ends: on its address's account, as far as
/// that may owe it. Beyond that the lines of those who still read the answers wait for their time.
/// Nobody who does not stay for the answer to a password gets anything by it: the lines behind
/// OPER are obeyed as anybody's.
pub(super) fn obey_before_the_end(ctx: &mut Context<'_>) {
    ctx.state.begin_to_leave(ctx.id, ctx.now);
    let check = ctx.session_mut().few().lines.take_check(None);
    if !ctx.is_over()
        && let Some(PendingCheck { label, .. }) = check
    {
        ctx.label = label;
        oper::tell_not_checked(ctx);
        ctx.finish();
    }
    advance(ctx);
}

/// Puts a line behind those that wait, or refuses it.
fn wait(ctx: &mut Context<'_>, input: Input) {
    if !matches!(ctx.session_mut().few().lines.end, End::Stays) {
        return;
    }
    match &input {
        // It is a sign of life, which has been noticed, and asks for nothing.
        _ if is_pong(ctx, &input) => {
            if refuse::count_too_much(ctx) {
                return ctx.close(Departure::Flooding);
            }
            return dispatch::read(ctx, input);
        }
        // These end the connection, and do not wait.
        Input::Endless => return dispatch::read(ctx, input),
        _ if is_goodbye(ctx, &input) => {
            let lines = &mut ctx.session_mut().few().lines;
            (lines.end, lines.goodbye) = (End::Quits, Some(Box::new(input)));
            return obey_before_the_end(ctx);
        }
        _ => {}
    }
    let cost = cost(&input, ctx.caps());
    let lines = &mut ctx.session_mut().few().lines;
    if lines.is_full() {
        refuse::no_room(ctx, &input);
    } else {
        lines.push(input, cost);
    }
}

fn is_pong(ctx: &Context<'_>, input: &Input) -> bool {
    input.message().is_some_and(|message| message.is("PONG")) && is_command(ctx, input)
}

/// Whether it is no talk of a person without a program, and no line of a batch.
fn is_command(ctx: &Context<'_>, input: &Input) -> bool {
    !ctx.session().is_line_mode()
        && input.message().is_some_and(|message| !multiline::is_in_batch(ctx, message))
}

fn is_goodbye(ctx: &Context<'_>, input: &Input) -> bool {
    if let Input::Packet(text) = input {
        return line_mode::leaves(text, true);
    }
    let Some(message) = input.message() else { return false };
    let session = ctx.session();
    let is_quit = message.is("QUIT");
    match (session.is_line_mode(), session.user()) {
        (true, Some(_)) => line_mode::leaves(message.line(), false),
        (true, None) => is_quit || line_mode::leaves(message.line(), false),
        (false, _) => is_quit && is_command(ctx, input),
    }
}
