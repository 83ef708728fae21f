using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>Everything that is done to a system to see whether it keeps its promises.</summary>
internal static class AllFaults
{
    public static IReadOnlyList<IFault> List { get; } =
    [
        KillNode.Any,
        KillNode.OfCoordinator,
        new PauseNode("pause a node for less than its lease", least: 0.3, most: 0.85),
        new PauseNode("pause a node for about its lease", least: 0.85, most: 1.25),
        new PauseNode("pause a node for several leases", least: 2, most: 4),
        new RollingRestart(),
        new SecondOfOneName(),
        DatabaseDown.Killed,
        DatabaseDown.Crashed,
        DatabaseDown.Restarted,
        DatabaseDown.ShutDown,
        new PauseDatabase(),
        new BreakConnections(),
        .. Partition.All,
        new LossyLinks(),
        new SlowLink(),
        .. HarmTheWire.All,
        .. StepClock.All,
        new FillDisk(),
    ];

    public static IEnumerable<IFault> On(Stage stage) => List.Where(fault => fault.CanHappenOn(stage));

    /// <exception cref="InvalidOperationException">There is none of that name.</exception>
    public static IFault Named(string name) => List.Single(fault => fault.Name == name);
}
