using System.Diagnostics;

namespace KvStore.Specs.OwnershipModel;

/// <summary>How a search ended.</summary>
/// <param name="States">Different states that were found; situations that only differ by the nodes' names are one.</param>
/// <param name="Depth">Steps to the state that is farthest from the start, or to the violation.</param>
/// <param name="IsExhausted">Nothing was left to look at.</param>
/// <param name="Trace">The shortest way to the violation, a line a step; empty where there is none.</param>
internal sealed record SearchResult(
    ModelConfiguration Configuration, int States, int Depth, TimeSpan Elapsed, bool IsExhausted, Violations Found, IReadOnlyList<string> Trace)
{
    public override string ToString()
    {
        var verdict = Found != Violations.None ? $"{Found} after {Depth} steps"
            : IsExhausted ? "no violation, exhausted"
            : "no violation up to the limit";
        return $"{Configuration.Name}: {verdict}; {States:N0} states, depth {Depth}, {Elapsed.TotalSeconds:0.0} s";
    }
}

/// <summary>
/// Tries all interleavings, those of fewer steps first, so that the first violation that is found has a shortest trace
/// (breadth-first search; the states are kept whole, so nothing is left to the luck of a hash).
/// </summary>
internal sealed class ModelSearch(ModelConfiguration configuration)
{
    private readonly Protocol _protocol = new(configuration);
    private readonly StateSet _states = new();

    /// <param name="mostStates">Gives up beyond this.</param>
    public SearchResult Run(int mostStates, CancellationToken cancellation = default)
    {
        var started = Stopwatch.StartNew();
        var steps = new Steps(describes: false);
        _states.Add(Protocol.Start.Canonical(), parent: -1);
        var (depth, endOfLevel) = (0, 1);
        for (var number = 0; number < _states.Count; number++)
        {
            if (number == endOfLevel)
            {
                (depth, endOfLevel) = (depth + 1, _states.Count);
                cancellation.ThrowIfCancellationRequested();
            }

            steps.Clear();
            _protocol.Next(_states[number], steps);
            foreach (ref readonly var step in steps.All)
            {
                var next = step.Next;
                var found = (step.Violation | Protocol.Judge(next)) & configuration.WatchedFor;
                if (found != Violations.None)
                {
                    return Result(depth + 1, started, isExhausted: false, found, Trace(number, found));
                }

                _protocol.Tidy(ref next);
                _states.Add(next.Canonical(), number);
            }

            if (_states.Count > mostStates)
            {
                return Result(depth, started, isExhausted: false, Violations.None, []);
            }
        }

        return Result(depth, started, isExhausted: true, Violations.None, []);
    }

    private SearchResult Result(int depth, Stopwatch started, bool isExhausted, Violations found, IReadOnlyList<string> trace) =>
        new(configuration, _states.Count, depth, started.Elapsed, isExhausted, found, trace);

    /// <summary>
    /// Plays the way to a state again, with words. States are kept with the nodes' names exchanged where that is the smaller
    /// form, so the way is followed with the names that it began with.
    /// </summary>
    private List<string> Trace(int last, Violations found)
    {
        var way = new Stack<int>();
        for (var number = last; number > 0; number = _states.ParentOf(number))
        {
            way.Push(number);
        }

        var trace = new List<string>();
        var state = Protocol.Start;
        var steps = new Steps(describes: true);
        foreach (var number in way)
        {
            var wanted = _states[number];
            Follow(ref state, steps, trace, (step, next) => next.Canonical().Equals(wanted));
        }

        Follow(ref state, steps, trace, (step, _) => ((step.Violation | Protocol.Judge(step.Next)) & found) == found);
        trace.Add($"=> {found}");
        return trace;
    }

    private void Follow(ref ModelState state, Steps steps, List<string> trace, Func<Step, ModelState, bool> isTheOne)
    {
        steps.Clear();
        _protocol.Next(state, steps);
        foreach (var step in steps.All)
        {
            var next = step.Next;
            _protocol.Tidy(ref next);
            if (isTheOne(step, next))
            {
                trace.Add($"{trace.Count + 1,3}. {step.Text}");
                state = next;
                return;
            }
        }

        throw new InvalidOperationException("A state that was found cannot be found again.");
    }
}
