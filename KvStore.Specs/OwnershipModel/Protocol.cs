namespace KvStore.Specs.OwnershipModel;

/// <summary>
/// The ownership protocol of <c>KvStore.Node</c> as a set of steps: given a state, all that can happen next. Two nodes, one
/// shard, one key.
/// <para>
/// <b>Time.</b> Every message is sent, executed and answered in steps of its own, and nothing has to happen: so every message
/// and every step of a node may be delayed for any time, which is what a pause does. A tick of the clock (here) counts
/// validity down and waiting up. The shares of 0.9 and 1.1 of a TTL that pay for clocks of different rates are not modelled.
/// </para>
/// <para>
/// <b>The store</b> executes a transaction in one step, except where <see cref="Happenings.Statements"/> is on: then it goes
/// statement by statement, with locks, and the search shows that the one step was no simplification. Where a rule is about the
/// order of lock and snapshot, dropping it always splits the transaction.
/// </para>
/// <para><b>What is left out because it adds nothing.</b></para>
/// <list type="bullet">
/// <item>A look before an acquisition and the sending of the latter are one step: the transaction compares everything again.</item>
/// <item>A node sees at once when the other's counter moves. If it sees that later, it waits longer before a takeover.</item>
/// <item>A renewal or a settle that lands after its node gave it up: the former only raises a counter, which makes takers wait;
/// of the latter only the first execution does anything.</item>
/// <item>A read of a value that is not older than what was told of is one step: it can only raise what was told of.</item>
/// <item>A command that is decided anew after a refusal counts as a new write.</item>
/// </list>
/// <para>
/// <c>LeaseSteps.cs</c> acquire, renew, take over, release; <c>WriterSteps.cs</c> commit, unknown outcome, settle;
/// <c>KeySteps.cs</c> load, write, stop; <c>ReaderSteps.cs</c> reads and refused guards; <c>ProcessSteps.cs</c> the clock, kills,
/// the end of membership; <c>Invariants.cs</c> what must hold in each state.
/// </para>
/// </summary>
internal sealed partial class Protocol(ModelConfiguration configuration)
{
    /// <summary>No row, no holder, and nobody has renewed yet.</summary>
    public static readonly ModelState Start = default;

    private readonly int _ttl = configuration.Ttl;
    private readonly int _epochs = configuration.Epochs;
    private readonly RuleSet _rules = configuration.Rules;
    private readonly bool _byStatements = configuration.Allows(Happenings.Statements);
    private readonly bool _losses = configuration.Allows(Happenings.Losses);

    /// <summary>All steps from <paramref name="state"/>.</summary>
    public void Next(in ModelState state, Steps steps)
    {
        Tick(state, steps);
        for (var node = 0; node < 2; node++)
        {
            Renewals(state, node, steps);
            Acquisitions(state, node, steps);
            Releases(state, node, steps);
            Commits(state, node, steps);
            Settles(state, node, steps);
            Keys(state, node, steps);
            Reads(state, node, steps);
            Guards(state, node, steps);
            Processes(state, node, steps);
        }

        FinishRead(state, steps);
    }

    private static string Name(int node) => node == 0 ? "A" : "B";

    private static string HolderName(int holder) => holder switch
    {
        Holder.None => "nobody",
        Holder.Dead => "the dead process",
        _ => Name(holder - 1),
    };
}
