//! Makefiles to rules, variables and recipes. What they come to in a run is the analysis' business.
//!
//! Source: "GNU make", sections "Writing Makefiles", "Rules", "Recipes", "How to Use Variables", "Conditional Parts".
//! [`parse`] never fails: what is no rule, assignment or directive is left out. All ranges are bytes of the file.

mod text;

pub use text::{Kind, Part, Text};

use std::ops::Range;
use text::Logical;

/// Larger files are not read.
pub const MAX_BYTES: usize = 1 << 20;
/// Conditions in which a line may stand, those of earlier branches included.
const MAX_CONDITIONS: usize = 200;

/// A makefile, in the order of its lines.
#[derive(Debug, Default)]
pub struct Makefile {
    /// What stands in it.
    pub items: Vec<Item>,
    /// Its conditions; branches refer to them by index.
    pub conditions: Vec<Condition>,
    /// What stands behind more conditions than are followed, and is not read.
    pub unread: Option<Range<usize>>,
}

/// Something that stands in a makefile, and in which branches of conditions.
#[derive(Debug)]
pub struct Item {
    /// All must hold.
    pub when: Vec<Branch>,
    /// What.
    pub kind: ItemKind,
}

/// A branch of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Index into [`Makefile::conditions`].
    pub condition: usize,
    /// The outcome that leads here.
    pub holds: bool,
}

/// `ifeq`, `ifneq`, `ifdef`, `ifndef`
#[derive(Debug)]
pub enum Condition {
    /// Both texts are equal, or are not.
    Equal(Text, Text, bool),
    /// The variable has a value, or has none.
    Defined(String, bool),
}

/// What can stand in a makefile.
#[derive(Debug)]
pub enum ItemKind {
    /// A variable for everything.
    Assign(Assignment),
    /// Targets with what they need and how they are made.
    Rule(Rule),
    /// `include`, `-include`
    Include(Text),
    /// `export A B`; without names it exports everything.
    Export(Vec<String>),
    /// `$(eval ..)`, `$(foreach ..,$(eval ..))` on a line of its own: rules and variables that are not read. Its place.
    Computed(Range<usize>),
}

/// `NAME = value`
#[derive(Debug)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// How it is set.
    pub flavor: Flavor,
    /// The value, that of a `define` with its line breaks; `None` of a `!=`, and of a `define` without end.
    pub value: Option<Text>,
    /// `export` stands in front of it.
    pub exported: bool,
    /// `override` stands in front of it.
    pub overrides: bool,
    /// Whether it is a `define`, which has lines of its own.
    pub has_lines: bool,
    /// Its place.
    pub at: Range<usize>,
}

/// Ways to set a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// `=`: expanded where it is used
    Recursive,
    /// `:=`: expanded here
    Simple,
    /// `?=`: only if nothing has set it
    Default,
    /// `+=`
    Append,
}

/// `targets: prerequisites` and a recipe.
#[derive(Debug)]
pub struct Rule {
    /// Names, after expansion, separated by blanks.
    pub targets: Text,
    /// The middle of `targets: pattern: prerequisites`.
    pub pattern: Option<Text>,
    /// The same of what it needs, order-only ones included.
    pub prerequisites: Text,
    /// `target: NAME = value`; there is no recipe then.
    pub variable: Option<Assignment>,
    /// `::`: each such rule of a target counts.
    pub double_colon: bool,
    /// Whether there is a recipe, which may be an empty one: `target: ;`.
    pub has_recipe: bool,
    /// Its lines.
    pub recipe: Vec<Line>,
}

/// A line of a recipe, its continuations included.
#[derive(Debug)]
pub struct Line {
    /// Branches of conditions within the recipe, beside the rule's.
    pub when: Vec<Branch>,
    /// What the shell gets, after expansion: without `@`, `-` and `+`.
    pub text: Text,
    /// `-`: its failure is ignored; the place of the sign.
    pub ignores: Option<Range<usize>>,
    /// Its place.
    pub at: Range<usize>,
}

/// Reads a makefile.
#[must_use]
pub fn parse(text: &str) -> Makefile {
    let mut reader = Reader { text, out: Makefile::default(), open: Vec::new(), in_rule: false };
    if text.len() <= MAX_BYTES {
        reader.run();
    }
    reader.out
}

/// A condition that is open: the branches before this one that did not hold, and this one.
struct Open {
    earlier: Vec<usize>,
    current: Option<usize>,
}

struct Reader<'t> {
    text: &'t str,
    out: Makefile,
    open: Vec<Open>,
    /// Whether lines that start with a tab belong to the last item.
    in_rule: bool,
}

impl Reader<'_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut body: Option<usize> = None;
        while at < self.text.len() {
            let start = at;
            let end = text::logical_end(self.text, start);
            at = (end + 1).min(self.text.len()).max(start + 1);
            let line = self.text.get(start..end).unwrap_or_default();
            let trimmed = line.trim();
            if let Some(from) = body {
                if trimmed.split_whitespace().next() == Some("endef") {
                    self.defined(from..start);
                    body = None;
                }
                continue;
            }
            if line.starts_with('\t') && self.in_rule {
                self.recipe_line(start + 1..end);
                continue;
            }
            let code = start..start + text::without_comment(line).len();
            let code = trim(self.text, code);
            if code.is_empty() {
                continue;
            }
            if self.conditional(code.clone()) {
                if self.open.iter().map(|open| open.earlier.len() + 1).sum::<usize>() > MAX_CONDITIONS {
                    self.out.unread = Some(start..self.text.len());
                    return;
                }
                continue;
            }
            body = self.line(code).then_some(at);
        }
    }

    /// The lines of the last `define`.
    fn defined(&mut self, lines: Range<usize>) {
        let end = self.text[lines.clone()].trim_end_matches(['\n', '\r']).len();
        if let Some(Item { kind: ItemKind::Assign(assignment), .. }) = self.out.items.last_mut() {
            assignment.value = Some(Text::read_recipe(self.text, lines.start..lines.start + end));
        }
    }

    fn when(&self) -> Vec<Branch> {
        let mut all = Vec::new();
        for open in &self.open {
            all.extend(open.earlier.iter().map(|c| Branch { condition: *c, holds: false }));
            all.extend(open.current.map(|condition| Branch { condition, holds: true }));
        }
        all
    }

    fn push(&mut self, kind: ItemKind) {
        let when = self.when();
        self.out.items.push(Item { when, kind });
    }

    fn conditional(&mut self, code: Range<usize>) -> bool {
        let (word, rest) = first_word(self.text, code.clone());
        match &self.text[word] {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => self.open.push(Open { earlier: Vec::new(), current: None }),
            "else" => {
                if let Some(open) = self.open.last_mut() {
                    open.earlier.extend(open.current.take());
                }
                if rest.is_empty() {
                    return true;
                }
                return self.condition(rest);
            }
            "endif" => {
                self.open.pop();
                return true;
            }
            _ => return false,
        }
        self.condition(code)
    }

    /// `ifeq (a,b)` as the condition of the innermost branch.
    fn condition(&mut self, code: Range<usize>) -> bool {
        let (word, rest) = first_word(self.text, code);
        let condition = match &self.text[word.clone()] {
            "ifdef" | "ifndef" => Condition::Defined(self.text[rest].trim().to_owned(), self.text[word].len() == 5),
            _ => {
                let (a, b) = text::two(self.text, rest);
                Condition::Equal(Text::read(self.text, a), Text::read(self.text, b), &self.text[word] == "ifeq")
            }
        };
        self.out.conditions.push(condition);
        let index = self.out.conditions.len() - 1;
        if let Some(open) = self.open.last_mut() {
            open.current = Some(index);
        }
        true
    }

    /// A line that is no recipe and no condition; true if it opens a `define`.
    fn line(&mut self, code: Range<usize>) -> bool {
        let (mut exported, mut overrides, mut rest) = (false, false, code.clone());
        loop {
            let (word, after) = first_word(self.text, rest.clone());
            match &self.text[word] {
                "export" if !starts_with_operator(self.text, &after) => exported = true,
                "override" if !after.is_empty() => overrides = true,
                "private" if !after.is_empty() => {}
                "include" | "-include" | "sinclude" => {
                    self.in_rule = false;
                    self.push(ItemKind::Include(Text::read(self.text, after)));
                    return false;
                }
                "unexport" | "undefine" | "vpath" | "load" => return false,
                "define" => {
                    let (name, _) = first_word(self.text, after);
                    let name = self.text[name].to_owned();
                    let at = code;
                    self.push(ItemKind::Assign(Assignment {
                        name,
                        flavor: Flavor::Recursive,
                        value: None,
                        exported,
                        overrides,
                        has_lines: true,
                        at,
                    }));
                    return true;
                }
                _ => break,
            }
            rest = after;
        }
        match text::shape(self.text, rest.clone()) {
            Logical::Assign { name, flavor, value } => {
                let assignment = self.assignment(name, flavor, value, exported, overrides, code);
                self.in_rule = false;
                self.push(ItemKind::Assign(assignment));
            }
            Logical::Rule { targets, double_colon, rest } => self.rule(targets, double_colon, rest),
            Logical::Other if exported => {
                let names = self.text[rest].split_whitespace().map(str::to_owned).collect();
                self.push(ItemKind::Export(names));
            }
            Logical::Other => {
                self.in_rule = false;
                if self.text[code.clone()].contains("eval ") {
                    self.push(ItemKind::Computed(code));
                }
            }
        }
        false
    }

    fn assignment(
        &self,
        name: Range<usize>,
        flavor: Option<Flavor>,
        value: Range<usize>,
        exported: bool,
        overrides: bool,
        at: Range<usize>,
    ) -> Assignment {
        let value = flavor.map(|_| Text::read(self.text, value));
        let name = self.text[name].trim().to_owned();
        Assignment { name, flavor: flavor.unwrap_or(Flavor::Simple), value, exported, overrides, has_lines: false, at }
    }

    fn rule(&mut self, targets: Range<usize>, double_colon: bool, rest: Range<usize>) {
        let targets = Text::read(self.text, targets);
        let empty = || Text::default();
        self.in_rule = true;
        let mut inner = rest.clone();
        let mut exported = false;
        let (word, after) = first_word(self.text, rest.clone());
        if matches!(&self.text[word.clone()], "export" | "override" | "private") {
            exported = &self.text[word] == "export";
            inner = after;
        }
        let (before, inline) = text::split_at_semicolon(self.text, rest.clone());
        if let Logical::Assign { name, flavor, value } = text::shape(self.text, inner)
            && name.end <= before.end
        {
            let assignment = self.assignment(name, flavor, value, exported, false, rest);
            let rule = Rule {
                targets,
                pattern: None,
                prerequisites: empty(),
                variable: Some(assignment),
                double_colon,
                has_recipe: false,
                recipe: Vec::new(),
            };
            self.push(ItemKind::Rule(rule));
            return;
        }
        let (pattern, needs) = match text::shape(self.text, before.clone()) {
            Logical::Rule { targets, rest, .. } => (Some(Text::read(self.text, targets)), rest),
            _ => (None, before),
        };
        let prerequisites = Text::read(self.text, needs);
        let rule = Rule { targets, pattern, prerequisites, variable: None, double_colon, has_recipe: false, recipe: Vec::new() };
        self.push(ItemKind::Rule(rule));
        if let Some(inline) = inline {
            self.recipe_line(inline);
        }
    }

    fn recipe_line(&mut self, at: Range<usize>) {
        if let Some(Item { kind: ItemKind::Rule(rule), .. }) = self.out.items.last_mut() {
            rule.has_recipe = true;
        }
        let mut start = at.start;
        let mut ignores = None;
        while let Some(c) = self.text[start..at.end].chars().next() {
            match c {
                '@' | '+' | ' ' | '\t' => {}
                '-' => ignores = Some(start..start + 1),
                _ => break,
            }
            start += 1;
        }
        if self.text[start..at.end].trim().is_empty() || self.text[start..at.end].starts_with('#') {
            return;
        }
        let text = Text::read_recipe(self.text, start..at.end);
        let when = self.when();
        if let Some(Item { kind: ItemKind::Rule(rule), when: outer }) = self.out.items.last_mut() {
            let when = when.into_iter().filter(|b| !outer.contains(b)).collect();
            rule.recipe.push(Line { when, text, ignores, at: start..at.end });
        }
    }
}

fn starts_with_operator(text: &str, range: &Range<usize>) -> bool {
    let rest = &text[range.clone()];
    rest.starts_with(['=', '?', '+']) || rest.starts_with(":=")
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..(range.start + slice.trim_end().len()).max(start)
}

fn first_word(text: &str, range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let slice = &text[range.clone()];
    let len = slice.find(|c: char| c.is_whitespace()).unwrap_or(slice.len());
    (range.start..range.start + len, trim(text, range.start + len..range.end))
}

#[cfg(test)]
mod tests;
