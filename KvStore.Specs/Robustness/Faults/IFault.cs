using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>One way to harm the system. Without state: an episode is one call.</summary>
internal interface IFault
{
    /// <summary>Such as <c>kill a node</c>. Reports count by it.</summary>
    string Name { get; }

    /// <summary>Whether it can be done on this stage: no partition without namespaces, no database fault without a server.</summary>
    bool CanHappenOn(Stage stage);

    /// <summary>
    /// A whole episode: does the harm, lets it last, mends it. Whatever happens, cancellation included, the system is mended
    /// when this ends: processes run, links are open. It notes what it does in <paramref name="history"/>.
    /// </summary>
    /// <param name="random">All choices come from here, so that a seed names the run.</param>
    /// <param name="lasting">How long the harm lasts, about.</param>
    Task HappenAsync(Stage stage, RunHistory history, Random random, TimeSpan lasting, CancellationToken cancel);
}
