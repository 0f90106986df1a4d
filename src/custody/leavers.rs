//! What is known where something is left before its end: by `return`, `break`, `continue` or `exit`.

use super::env::Env;
use super::interpret::Walk;

/// What is left.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaving {
    /// A function, or a file that is read in.
    Function,
    /// A round of a loop.
    Round,
    /// A script or subshell.
    Script,
}

/// What those know who have left something so far.
#[derive(Debug)]
pub(super) struct Leavers {
    /// Those who left it well.
    env: Option<Env>,
    /// Whether errexit holds for all of them.
    errexit: bool,
}

impl Default for Leavers {
    fn default() -> Self {
        Leavers { env: None, errexit: true }
    }
}

impl Walk<'_> {
    /// Somebody leaves; who does so with a failure hands nothing on, for what he prints is no answer.
    pub(super) fn leaves(&mut self, what: Leaving, env: &Env, goes_well: bool) {
        let leavers = &mut self.leavers[what as usize];
        leavers.errexit &= env.errexit;
        match &mut leavers.env {
            Some(all) if goes_well => all.join(env, &mut self.symbols),
            None if goes_well => leavers.env = Some(env.clone()),
            _ => {}
        }
    }

    /// Walks what can be left. Gives those who have left what is outside of it.
    pub(super) fn begins(&mut self, what: Leaving) -> Leavers {
        std::mem::take(&mut self.leavers[what as usize])
    }

    /// Its end: who left it before knows what he knew. `is_reached`: whether anybody else comes there.
    pub(super) fn ends(&mut self, what: Leaving, outer: Leavers, env: &mut Env, is_reached: bool) {
        let Leavers { env: left, errexit } = std::mem::replace(&mut self.leavers[what as usize], outer);
        match left {
            Some(left) if is_reached => env.join(&left, &mut self.symbols),
            Some(left) => *env = left,
            None => {}
        }
        env.errexit &= errexit;
    }
}
