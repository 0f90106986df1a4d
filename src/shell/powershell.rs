//! PowerShell: statements, commands and what their output goes to. Expressions are followed only as far as they hold
//! commands, compare something, or give a word.

use super::bash::children;
use super::guard::{self, MAX_DEPTH};
use super::ir::*;
use super::powershell_control::in_lower_case;
use super::powershell_ease::ease;
use super::powershell_word::word_at;
use super::recover::list_errors;
use std::ops::Range;
use tree_sitter::Node as Tree;

/// Parses a PowerShell script.
pub(super) fn parse(text: &str, holes: &[Range<usize>]) -> Script {
    let mut bytes = guard::clean(text, holes);
    ease(&mut bytes);
    let mut limit = guard::blank_hopeless(&mut bytes);
    let language = tree_sitter_powershell::LANGUAGE.into();
    let Some(tree) = guard::tree(&bytes, &language) else {
        limit.get_or_insert(guard::too_slow(text.len()));
        return Script { limit, ..Script::default() };
    };
    let mut reader = Power { text, holes, limit, depth: 0 };
    let mut script = Script { body: reader.block(tree.root_node()), ..Script::default() };
    list_errors(tree.root_node(), &mut script.errors);
    script.limit = reader.limit;
    script
}

/// Turns PowerShell trees into statements.
pub(super) struct Power<'a> {
    pub(super) text: &'a str,
    pub(super) holes: &'a [Range<usize>],
    limit: Option<Limit>,
    depth: usize,
}

pub(super) fn node(at: At, kind: NodeKind) -> Node {
    Node { at, kind, redirects: Vec::new() }
}

pub(super) fn named(tree: Tree<'_>) -> Vec<Tree<'_>> {
    children(tree).into_iter().filter(|child| child.is_named() && child.kind() != "comment").collect()
}

impl Power<'_> {
    /// The statements at or below the children of a node.
    pub(super) fn block(&mut self, tree: Tree<'_>) -> Vec<Node> {
        let mut out = Vec::new();
        self.deeper(tree, |reader| named(tree).into_iter().for_each(|child| reader.statement(child, &mut out)));
        out
    }

    /// Reads what stands within a node, unless that is nested too deeply.
    fn deeper(&mut self, tree: Tree<'_>, read: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.limit.get_or_insert(Limit { at: tree.byte_range(), what: String::from("200 constructs may be nested") });
            return;
        }
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    pub(super) fn blocks(&mut self, tree: Tree<'_>, kind: &str) -> Vec<Node> {
        let mut out = Vec::new();
        for child in named(tree).into_iter().filter(|child| child.kind() == kind) {
            out.extend(self.block(child));
        }
        out
    }

    pub(super) fn statement(&mut self, tree: Tree<'_>, out: &mut Vec<Node>) {
        let at = tree.byte_range();
        let kind = match tree.kind() {
            "pipeline" => return self.pipeline(tree, out),
            "command" => NodeKind::Command(self.command(tree)),
            "flow_control_statement" => NodeKind::Command(self.flow(tree)),
            "if_statement" => self.conditional(tree),
            "foreach_statement" => self.foreach(tree),
            "for_statement" => NodeKind::Count { body: self.blocks(tree, "statement_block") },
            "while_statement" | "do_statement" => {
                let until = children(tree).iter().any(|child| child.kind().eq_ignore_ascii_case("until"));
                NodeKind::While {
                    until,
                    condition: self.blocks(tree, "while_condition"),
                    body: self.blocks(tree, "statement_block"),
                }
            }
            "switch_statement" => self.switch(tree),
            "try_statement" => self.attempt(tree),
            "function_statement" => self.function(tree),
            "background_operator" => {
                let Some(last) = out.pop() else { return };
                return out.push(node(last.at.start..at.end, NodeKind::Background(Box::new(last))));
            }
            _ => return out.extend(self.block(tree)),
        };
        out.push(node(at, kind));
    }

    fn pipeline(&mut self, tree: Tree<'_>, out: &mut Vec<Node>) {
        let mut chain: Option<Node> = None;
        let mut is_or = false;
        let mut links = 0;
        for child in named(tree) {
            links += 1;
            if links > MAX_DEPTH {
                self.limit.get_or_insert(Limit {
                    at: child.start_byte()..tree.end_byte(),
                    what: String::from("a chain may have 200 commands"),
                });
                break;
            }
            let link = match child.kind() {
                "pipeline_chain_tail" => {
                    is_or = self.slice(child.byte_range()) == "||";
                    continue;
                }
                "assignment_expression" => self.assignment(child),
                "pipeline_chain" => self.stages(child),
                _ => None,
            };
            let Some(link) = link else { continue };
            chain = Some(match chain.take() {
                None => link,
                Some(left) => {
                    let at = left.at.start..link.at.end;
                    let (left, right) = (Box::new(left), Box::new(link));
                    node(at, if is_or { NodeKind::Or(left, right) } else { NodeKind::And(left, right) })
                }
            });
        }
        // Expressions may hold commands without being any.
        match chain {
            Some(Node { kind: NodeKind::Group(body), .. }) => out.extend(body),
            chain => out.extend(chain),
        }
    }

    fn stages(&mut self, tree: Tree<'_>) -> Option<Node> {
        let mut stages = Vec::new();
        for child in named(tree) {
            match child.kind() {
                "command" => stages.push(node(child.byte_range(), NodeKind::Command(self.command(child)))),
                "redirections" => {
                    if let Some(last) = stages.last_mut() {
                        last.redirects.extend(named(child).into_iter().map(|child| self.redirect(child)));
                    }
                }
                _ => stages.extend(self.expression(child)),
            }
        }
        if stages.len() > 1 {
            return Some(node(tree.byte_range(), NodeKind::Pipe(stages)));
        }
        stages.pop()
    }

    /// An expression as a statement: its comparison, or the commands in it.
    fn expression(&mut self, tree: Tree<'_>) -> Option<Node> {
        let mut inner = core(tree);
        while let Some(object) = self.object_as_text(inner) {
            inner = core(object);
        }
        if let Some(command) = self.fetch(inner) {
            return Some(node(tree.byte_range(), NodeKind::Command(command)));
        }
        if let Some(test) = self.comparison(inner) {
            return Some(node(tree.byte_range(), NodeKind::Test(test)));
        }
        let body = if matches!(inner.kind(), "string_literal" | "variable") { Vec::new() } else { self.block(inner) };
        match body.len() {
            0 => {
                // A bare value: its words may matter to what it is piped into.
                let operand = self.word(tree);
                Some(node(tree.byte_range(), NodeKind::Test(Test::Unary { operator: String::new(), operand })))
            }
            _ => Some(node(tree.byte_range(), NodeKind::Group(body))),
        }
    }

    fn comparison(&mut self, tree: Tree<'_>) -> Option<Test> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let test = self.comparison_inner(core(tree));
        self.depth -= 1;
        test
    }

    fn comparison_inner(&mut self, tree: Tree<'_>) -> Option<Test> {
        let parts = named(tree);
        match (tree.kind(), &*parts) {
            ("comparison_expression", [left, operator, right]) => {
                let operator = comparison_sign(&self.slice(operator.byte_range()).to_ascii_lowercase()).to_owned();
                Some(Test::Binary { operator, left: self.word(*left), right: self.word(*right) })
            }
            ("logical_expression", [left, right]) => {
                let sign = children(tree).into_iter().find(|child| !child.is_named())?;
                let is_and = self.slice(sign.byte_range()).eq_ignore_ascii_case("-and");
                let (left, right) = (Box::new(self.any_test(*left)), Box::new(self.any_test(*right)));
                Some(if is_and { Test::And(left, right) } else { Test::Or(left, right) })
            }
            ("invokation_expression", [object, method, ..]) if self.slice(method.byte_range()).eq_ignore_ascii_case("Equals") => {
                let mut sides = self.arguments(tree);
                if self.slice(object.byte_range()).starts_with('[') {
                    // `[string]::Equals(a, b)`
                    sides.truncate(2);
                } else {
                    sides = vec![self.word(*object), sides.into_iter().next()?];
                }
                let (right, left) = (sides.pop()?, sides.pop()?);
                Some(Test::Binary { operator: String::from("=="), left, right })
            }
            ("expression_with_unary_operator", [inner]) => {
                let sign = self.slice(tree.start_byte()..inner.start_byte()).trim().to_ascii_lowercase();
                (sign == "!" || sign == "-not").then(|| Test::Not(Box::new(self.any_test(*inner))))
            }
            _ => None,
        }
    }

    fn any_test(&mut self, tree: Tree<'_>) -> Test {
        self.comparison(tree).unwrap_or_else(|| Test::Unary { operator: String::new(), operand: self.word(tree) })
    }

    fn assignment(&mut self, tree: Tree<'_>) -> Option<Node> {
        let parts = named(tree);
        let (target, operator) = (parts.first()?, parts.get(1)?);
        let spelt = self.slice(target.byte_range());
        let name = spelt.rsplit([']', ' ']).next().unwrap_or(spelt).trim_start_matches('$').trim_matches(['{', '}']).to_owned();
        let appends = self.slice(operator.byte_range()).starts_with('+');
        let value = tree.child_by_field_name("value")?;
        let mut commands = Vec::new();
        self.deeper(value, |reader| reader.statement(value, &mut commands));
        let assigns = |value: AssignedValue| {
            let assignment = Assignment { at: tree.byte_range(), name: name.clone(), index: None, appends, value: Some(value) };
            node(tree.byte_range(), NodeKind::Command(Command { assignments: vec![assignment], ..Command::default() }))
        };
        let truth = |truth: &str| {
            let part = Part { at: value.byte_range(), quoted: true, kind: PartKind::Literal(truth.to_owned()) };
            assigns(AssignedValue::Word(Word { at: value.byte_range(), parts: vec![part] }))
        };
        if matches!(&*commands, [Node { kind: NodeKind::Test(test), .. }] if !matches!(test, Test::Unary { .. })) {
            // `$ok = $a -eq $b`: the variable says how the comparison came out.
            let (arms, otherwise) = (vec![(commands, vec![truth("true")])], Some(vec![truth("false")]));
            return Some(node(tree.byte_range(), NodeKind::If { arms, otherwise }));
        }
        if let Some(known) = ["true", "false"].into_iter().find(|known| is_variable(self.slice(value.byte_range()), known)) {
            return Some(truth(known));
        }
        let bare_value = matches!(&*commands, [] | [Node { kind: NodeKind::Test(_), .. }]);
        let word = if bare_value || is_word(core(value)) {
            self.word(core(value))
        } else {
            let at = value.byte_range();
            Word { at: at.clone(), parts: vec![Part { at, quoted: true, kind: PartKind::Command(commands) }] }
        };
        Some(assigns(AssignedValue::Word(word)))
    }

    fn command(&mut self, tree: Tree<'_>) -> Command {
        let mut command = Command::default();
        let mut stack: Vec<Tree<'_>> = children(tree).into_iter().rev().collect();
        while let Some(child) = stack.pop() {
            match child.kind() {
                "command_elements" | "ERROR" => stack.extend(children(child).into_iter().rev()),
                "redirection" => {
                    let redirect = self.redirect(child);
                    command.redirects.push(redirect);
                }
                "command_invokation_operator" | "comment" => {}
                "command_argument_sep" if self.slice(child.byte_range()).trim().is_empty() => {}
                _ => {
                    let word = self.word(child);
                    // A line continuation may come as a token of its own.
                    if !self.slice(child.byte_range()).trim_matches(['`', ' ', '\t', '\r', '\n']).is_empty() {
                        super::compound::glue(self.text, &mut command.words, word);
                    }
                }
            }
        }
        command
    }

    /// The object of which a member is asked that gives nothing but its text.
    pub(super) fn object_as_text<'t>(&self, tree: Tree<'t>) -> Option<Tree<'t>> {
        let (object, member) = member(tree)?;
        let is_text = AS_TEXT.iter().any(|name| name.eq_ignore_ascii_case(self.slice(member.byte_range())));
        is_text.then_some(object)
    }

    /// Whether it is a call of a method that fetches, or ends the script.
    pub(super) fn is_fetch(&self, tree: Tree<'_>) -> bool {
        let Some((object, method)) = member(tree).filter(|_| tree.kind() == "invokation_expression") else { return false };
        let (object, method) = (self.slice(object.byte_range()), self.slice(method.byte_range()));
        let ends = || method.eq_ignore_ascii_case("Exit") && object.to_ascii_lowercase().ends_with("environment]");
        FETCHES.iter().any(|known| known.eq_ignore_ascii_case(method)) || ends()
    }

    /// `$client.DownloadFile(url, file)` as a command of the method's name; `[Environment]::Exit(1)` is `exit 1`.
    pub(super) fn fetch(&mut self, tree: Tree<'_>) -> Option<Command> {
        let (_, method) = member(tree).filter(|_| self.is_fetch(tree))?;
        let mut name = self.word(method);
        if self.slice(method.byte_range()).eq_ignore_ascii_case("exit") {
            in_lower_case(&mut name);
        }
        let words = std::iter::once(name).chain(self.arguments(tree)).collect();
        Some(Command { words, ..Command::default() })
    }

    fn arguments(&mut self, call: Tree<'_>) -> Vec<Word> {
        let lists = named(call).into_iter().filter(|child| child.kind() == "argument_list").flat_map(named);
        lists.flat_map(named).map(|argument| self.word(argument)).collect()
    }

    fn redirect(&mut self, tree: Tree<'_>) -> Redirect {
        let at = tree.byte_range();
        let text = self.slice(at.clone()).to_owned();
        let descriptor = match text.chars().next() {
            Some('*') => Some(-1),
            digit => digit.and_then(|c| c.to_digit(10)).and_then(|digit| i32::try_from(digit).ok()),
        };
        let sign = text.find(['>', '<']).unwrap_or(0);
        let rest = text.get(sign..).unwrap_or("");
        let skip = sign + rest.len() - rest.trim_start_matches(['>', '<', '&', ' ', '\t']).len();
        let target = self.word_range(tree, (at.start + skip).min(at.end)..at.end);
        let kind = match rest {
            _ if rest.starts_with(">>") => RedirectKind::Append(target),
            _ if rest.starts_with(">&") => RedirectKind::Duplicate(target),
            _ if rest.starts_with('<') => RedirectKind::Read(target),
            _ => RedirectKind::Write(target),
        };
        Redirect { at, descriptor, kind }
    }

    pub(super) fn slice(&self, at: Range<usize>) -> &str {
        self.text.get(at).unwrap_or("")
    }

    pub(super) fn word(&mut self, tree: Tree<'_>) -> Word {
        self.word_range(tree, tree.byte_range())
    }

    fn word_range(&mut self, tree: Tree<'_>, at: Range<usize>) -> Word {
        word_at(self, tree, at)
    }
}

/// Methods of .NET's `WebClient` and `HttpClient` that fetch an address: they are read as commands of that name.
pub const FETCHES: &[&str] =
    &["DownloadFile", "DownloadFileTaskAsync", "DownloadString", "DownloadStringTaskAsync", "DownloadData", "GetStringAsync"];

/// Members that give the text of their object, which is followed as if it stood there alone.
const AS_TEXT: &[&str] = &[
    "Hash",
    "Content",
    "Result",
    "ToLower",
    "ToLowerInvariant",
    "ToUpper",
    "ToUpperInvariant",
    "ToString",
    "Trim",
    "TrimEnd",
    "TrimStart",
];

/// Whether an expression is the variable of that name alone.
fn is_variable(text: &str, name: &str) -> bool {
    text.trim().strip_prefix('$').is_some_and(|variable| variable.eq_ignore_ascii_case(name))
}

/// The object and the name of a member.
fn member(tree: Tree<'_>) -> Option<(Tree<'_>, Tree<'_>)> {
    if !matches!(tree.kind(), "member_access" | "invokation_expression") {
        return None;
    }
    match named(tree)[..] {
        [object, member, ..] if member.kind() == "member_name" => Some((object, member)),
        _ => None,
    }
}

/// The sign for a comparison of text; numbers are compared so as well, and case does not count unless it is asked for
/// (about_Comparison_Operators).
fn comparison_sign(operator: &str) -> &str {
    match operator {
        "-eq" | "-ieq" | "-ceq" | "-like" | "-ilike" | "-clike" => "==",
        "-ne" | "-ine" | "-cne" | "-notlike" | "-inotlike" | "-cnotlike" => "!=",
        "-imatch" | "-cmatch" => "-match",
        "-inotmatch" | "-cnotmatch" => "-notmatch",
        operator => operator,
    }
}

/// The only thing in an expression: the grammar wraps each operand in a dozen levels of precedence.
fn core(tree: Tree<'_>) -> Tree<'_> {
    let mut tree = tree;
    loop {
        let parts = children(tree);
        let wraps = tree.kind() != "parenthesized_expression" || parts.len() == 3;
        match &*parts {
            [only] if only.is_named() => tree = *only,
            [open, only, close] if wraps && open.kind() == "(" && close.kind() == ")" && only.is_named() => {
                // `(cmd)` is a command whose output counts, not a grouping of values.
                if core_is_command(*only) {
                    return tree;
                }
                tree = *only;
            }
            _ => return tree,
        }
    }
}

fn core_is_command(tree: Tree<'_>) -> bool {
    let mut tree = tree;
    loop {
        if tree.kind() == "command" {
            return true;
        }
        match &*children(tree) {
            [first, ..] if matches!(tree.kind(), "pipeline" | "pipeline_chain") => tree = *first,
            _ => return false,
        }
    }
}

fn is_word(tree: Tree<'_>) -> bool {
    matches!(
        tree.kind(),
        "string_literal"
            | "expandable_string_literal"
            | "expandable_here_string_literal"
            | "verbatim_string_characters"
            | "verbatim_here_string_characters"
            | "variable"
            | "sub_expression"
            | "parenthesized_expression"
            | "integer_literal"
    )
}
