use super::*;
use crate::bot::script::read;
use crate::text::Lang;
use expect_test::{Expect, expect};

/// Follows a script as if everything went well; for each step who sees what.
/// Everybody comes in under the script's own name, and gets no echo.
fn follow(source: &str) -> String {
    let plan = read(source).unwrap();
    let mut model = Model::new("#lobby", &plan.actors);
    let mut out = String::new();
    for step in plan.groups.iter().flat_map(|group| &group.steps) {
        if let Action::Join { .. } | Action::Fault(Fault::Reconnect) = step.action
            && !model.here().any(|id| id == step.actor)
        {
            model.registered(step.actor, &plan.actors[step.actor.0]);
        }
        let mut seen: Vec<(String, Vec<String>)> = Vec::new();
        for Delivery { to: who, event, .. } in model.follow(step, false) {
            let line = event.line("#lobby", Lang::En);
            match seen.iter_mut().find(|(seen, _)| *seen == line) {
                Some((_, people)) => people.push(plan.actors[who.0].clone()),
                None => seen.push((line, vec![plan.actors[who.0].clone()])),
            }
        }
        let lines: Vec<String> =
            seen.into_iter().map(|(line, people)| format!("{line} -> {}", people.join(" "))).collect();
        out.push_str(&format!("{:02} {}\n", step.line, lines.join("; ")).replace(" \n", "\n"));
    }
    out
}

fn check(source: &str, wanted: &Expect) {
    wanted.assert_eq(&follow(source));
}

#[test]
fn rooms_decide_who_sees_what() {
    check(
        "a joins\nb joins\nc joins #lab\nb joins #lab\na: hi\nc #lab: ho\nb leaves #lab: bye\nb joins\na joins #LAB\nc leaves\n! a: no\n",
        &expect![[r#"
            01 a joins -> a
            02 b joins -> a b
            03 [#lab] c joins -> c
            04 [#lab] b joins -> b c
            05 a: hi -> b
            06 [#lab] c: ho -> b
            07 [#lab] b leaves: bye -> b c
            08
            09 [#LAB] a joins -> a c
            10 c leaves -> a
            11
        "#]],
    );
}

#[test]
fn commands_imply_what_their_lines_do() {
    check(
        "a joins\nb joins\nc joins\na /me waves\na /msg b psst\na /topic t\na /nick z\nz /msg a nobody\na joins\nz /kick b out\nc >> :x PRIVMSG #lobby,a :two\nc /notice #lobby n\nc /mode +m\nc >> QUIT :x\n",
        &expect![[r#"
            01 a joins -> a
            02 b joins -> a b
            03 c joins -> a b c
            04 * a waves -> b c
            05 [private] a: psst -> b
            06 topic: t -> a b c
            07 a → z -> b c a
            08
            09 a joins -> a b c a
            10 z kicks b: out -> a b c a
            11 c: two -> a a; [private] c: two -> a
            12 -c- n -> a a
            13 c mode +m -> a c a
            14 c leaves: x -> a a
        "#]],
    );
}

#[test]
fn a_line_counts_when_it_ends() {
    check(
        "a joins\nb joins\na >>> PRIVMSG #lobby :h\na >>> i\\r\\n\nb >>> PART #lobby\\nJOIN #lobby\\n\na >>> QUI\na >>> T\\r\\n\n",
        &expect![[r#"
            01 a joins -> a
            02 b joins -> a b
            03
            04 a: hi -> b
            05 b leaves -> a b; b joins -> a b
            06
            07 a leaves -> b
        "#]],
    );
}

/// It once was the coming into a room called 0.
#[test]
fn join_0_leaves_every_room() {
    check(
        "a joins\nb joins\nb joins #lab\na joins #lab\na joins #own\na >> JOIN 0\nb: alone\na joins\n",
        &expect![[r#"
            01 a joins -> a
            02 b joins -> a b
            03 [#lab] b joins -> b
            04 [#lab] a joins -> a b
            05 [#own] a joins -> a
            06 a leaves -> a b; [#lab] a leaves -> a b; [#own] a leaves -> a
            07
            08 a joins -> a b
        "#]],
    );
}

#[test]
fn a_reset_actor_comes_back_where_it_was() {
    check(
        "a joins\nb joins\nb joins #lab\na joins #lab\nb drops\na: hi\nb reconnects\nb: hi\nb reconnects\nb stalls\na: hi\nb resumes\nb leaves #lobby\nb leaves #lab\nb reconnects\n",
        &expect![[r#"
            01 a joins -> a
            02 b joins -> a b
            03 [#lab] b joins -> b
            04 [#lab] a joins -> a b
            05 b leaves -> a
            06
            07 b joins -> a b; [#lab] b joins -> a b
            08 b: hi -> a
            09 b leaves -> a; b joins -> a b; [#lab] b joins -> a b
            10
            11 a: hi -> b
            12
            13 b leaves -> a b
            14 [#lab] b leaves -> a b
            15
        "#]],
    );
}

#[test]
fn events_are_told_whoever_sees_them() {
    let plan = read("a joins\na: alone\na /nick z\n! z: no\nz: hi\n").unwrap();
    let steps: Vec<PlannedStep> = plan.groups.into_iter().flat_map(|group| group.steps).collect();
    let model = Model::new("#lobby", &plan.actors);
    let events_of_steps = model.events_of_steps(&steps).into_iter().map(|events| {
        events.iter().map(|event| event.line("#lobby", Lang::En)).collect::<Vec<_>>().join("; ")
    });
    assert_eq!(events_of_steps.collect::<Vec<_>>(), ["a joins", "a: alone", "a → z", "", "z: hi"]);
}
