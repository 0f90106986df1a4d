//! Whether what a parser gives stands where it says: inside of its file, between characters, and a part inside of its whole.

use swaplint::formats::Loaded;
use swaplint::formats::yaml::{NodeRef, Yaml};
use swaplint::pipeline::{Action, Binding, Block, Call, Execution, Pipeline, Step, Text};
use swaplint::shell::{AssignedValue, At, Command, Node, NodeKind, PartKind, Redirect, RedirectKind, Script, Test, Word};
use swaplint::source::Span;

/// That a span is of the file's text.
pub(crate) fn within(span: Span, text: &str) {
    assert!(text.get(span.range()).is_some(), "{span:?} is no part of a text of {} bytes", text.len());
}

/// All scalars of a file, with their offset maps, and all nodes.
pub(crate) fn of_yaml(yaml: &Yaml<'_>, text: &str) {
    for scalar in yaml.scalars() {
        within(scalar.place(), text);
        let (embedded, span) = (scalar.embedded(), scalar.span());
        let mut last = span.start;
        for (at, c) in scalar.text().char_indices() {
            let one = embedded.span(at..at + c.len_utf8());
            within(one, text);
            // Blanks at the end of a block stand behind what people take for the block.
            let inside = span.contains(one) || c.is_whitespace() && one.start >= span.start;
            assert!(inside && one.start >= last, "{one:?} of {c:?} in {span:?}");
            last = one.start;
        }
    }
    for document in yaml.documents() {
        of_node(document, text);
    }
}

/// A node holds its parts; what an alias names stands elsewhere.
fn of_node(node: NodeRef<'_>, text: &str) {
    within(node.place(), text);
    if node.is_alias() {
        return;
    }
    let entries = node.own_entries().flat_map(|entry| [entry.key, entry.value]);
    for child in node.items().chain(entries) {
        assert!(node.span().contains(child.place()), "{:?} is not in {:?}", child.place(), node.span());
        of_node(child, text);
    }
}

/// All places of a script.
pub(crate) fn of_script(script: &Script, text: &str) {
    let there = |at: &At| assert!(text.get(at.clone()).is_some(), "{at:?} is no part of a text of {} bytes", text.len());
    script.errors.iter().chain(&script.comments).for_each(there);
    script.limit.iter().for_each(|limit| there(&limit.at));
    let mut open: Vec<&Node> = script.body.iter().collect();
    while let Some(node) = open.pop() {
        there(&node.at);
        let mut words: Vec<&Word> = Vec::new();
        match &node.kind {
            NodeKind::Command(command) => of_command(command, &mut words, &there),
            NodeKind::Pipe(nodes) | NodeKind::Subshell(nodes) | NodeKind::Group(nodes) | NodeKind::Count { body: nodes } => {
                open.extend(nodes)
            }
            NodeKind::Not(inner) | NodeKind::Background(inner) | NodeKind::Function { body: inner, .. } => open.push(inner),
            NodeKind::And(left, right) | NodeKind::Or(left, right) => open.extend([&**left, &**right]),
            NodeKind::If { arms, otherwise } => {
                open.extend(
                    arms.iter().flat_map(|(condition, body)| condition.iter().chain(body)).chain(otherwise.iter().flatten()),
                );
            }
            NodeKind::While { condition, body, .. } => open.extend(condition.iter().chain(body)),
            NodeKind::For { words: given, body, .. } => {
                words.extend(given.iter().flatten());
                open.extend(body);
            }
            NodeKind::Case { word, arms } => {
                words.push(word);
                words.extend(arms.iter().flat_map(|arm| &arm.patterns));
                open.extend(arms.iter().flat_map(|arm| &arm.body));
            }
            NodeKind::Test(test) => of_test(test, &mut words),
            NodeKind::Try { body, handler, last } => open.extend(body.iter().chain(handler.iter().flatten()).chain(last)),
        }
        of_redirects(&node.redirects, &mut words, &there);
        for word in words {
            there(&word.at);
            for part in &word.parts {
                there(&part.at);
                match &part.kind {
                    PartKind::Command(body) | PartKind::Process { body, .. } => open.extend(body),
                    _ => {}
                }
            }
        }
    }
}

fn of_command<'s>(command: &'s Command, words: &mut Vec<&'s Word>, there: &impl Fn(&At)) {
    words.extend(&command.words);
    for assignment in &command.assignments {
        there(&assignment.at);
        words.extend(&assignment.index);
        match &assignment.value {
            Some(AssignedValue::Word(word)) => words.push(word),
            Some(AssignedValue::Array(array)) => words.extend(array),
            None => {}
        }
    }
    of_redirects(&command.redirects, words, there);
}

fn of_redirects<'s>(redirects: &'s [Redirect], words: &mut Vec<&'s Word>, there: &impl Fn(&At)) {
    for redirect in redirects {
        there(&redirect.at);
        match &redirect.kind {
            RedirectKind::Read(word)
            | RedirectKind::Write(word)
            | RedirectKind::Append(word)
            | RedirectKind::Duplicate(word)
            | RedirectKind::HereDocument { body: word }
            | RedirectKind::HereString(word) => words.push(word),
        }
    }
}

fn of_test<'s>(test: &'s Test, words: &mut Vec<&'s Word>) {
    match test {
        Test::Binary { left, right, .. } => words.extend([left, right]),
        Test::Unary { operand, .. } => words.push(operand),
        Test::Not(inner) => of_test(inner, words),
        Test::And(left, right) | Test::Or(left, right) => {
            of_test(left, words);
            of_test(right, words);
        }
        Test::Arithmetic(inner) => words.extend(inner),
    }
}

/// All places of what was loaded from a file.
pub(crate) fn of_loaded(loaded: &Loaded, text: &str) {
    loaded.problems.iter().for_each(|problem| within(problem.span, text));
    for pipeline in &loaded.pipelines {
        of_pipeline(pipeline, text);
    }
}

fn of_pipeline(pipeline: &Pipeline, text: &str) {
    within(pipeline.span, text);
    pipeline.triggers.iter().for_each(|trigger| within(trigger.span, text));
    pipeline.opaque.iter().for_each(|opaque| within(opaque.span, text));
    of_bindings(&pipeline.env, text);
    of_bindings(&pipeline.outputs, text);
    for execution in &pipeline.executions {
        of_execution(execution, text);
    }
}

fn of_execution(execution: &Execution, text: &str) {
    let places = [execution.span, execution.id_span].into_iter().chain(execution.needs.iter().map(|need| need.span));
    places.chain(execution.condition.iter().map(|condition| condition.span)).for_each(|span| within(span, text));
    of_bindings(&execution.env, text);
    of_bindings(&execution.outputs, text);
    let texts = execution
        .image
        .iter()
        .chain(&execution.services)
        .chain(&execution.manifests)
        .chain(&execution.dockerfile)
        .chain(&execution.environment);
    texts.chain(execution.matrix.iter().flat_map(|axis| &axis.values)).for_each(|one| of_text(one, text));
    execution.call.iter().for_each(|call| of_call(call, text));
    let mut open: Vec<&Step> = execution.steps.iter().collect();
    while let Some(step) = open.pop() {
        within(step.span, text);
        of_bindings(&step.env, text);
        step.image.iter().chain(&step.directory).for_each(|one| of_text(one, text));
        match &step.action {
            Action::Script(script) => of_text(&script.text, text),
            Action::Use(call) => of_call(call, text),
            Action::Container { image, argv } => argv.iter().chain([image]).for_each(|one| of_text(one, text)),
            Action::Command { argv } => argv.iter().for_each(|one| of_text(one, text)),
            Action::Block(Block::Sequence(inner)) => open.extend(inner),
            Action::Block(Block::Try { body, handler, last, .. }) => {
                open.extend(body.iter().chain(handler.iter().flatten()).chain(last))
            }
            Action::Block(Block::Branch(arms)) => open.extend(arms.iter().flat_map(|(_, steps)| steps)),
            Action::Wait(_) | Action::None => {}
        }
    }
}

fn of_call(call: &Call, text: &str) {
    of_text(&call.definition.text, text);
    of_bindings(&call.inputs, text);
    of_bindings(&call.secrets, text);
}

fn of_bindings(bindings: &[Binding], text: &str) {
    for binding in bindings {
        within(binding.name_span, text);
        of_text(&binding.value, text);
    }
}

/// A text with its holes: in order, apart from each other, inside of it.
fn of_text(one: &Text, text: &str) {
    within(one.span(), text);
    let mut last = 0;
    for hole in &one.holes {
        assert!(hole.range.start >= last && one.raw().get(hole.range.clone()).is_some(), "{:?} in {:?}", hole.range, one.raw());
        within(one.source.span(hole.range.clone()), text);
        last = hole.range.end;
    }
}
