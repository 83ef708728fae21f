using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>
/// A wall clock is stepped by minutes, and back after a while, so that each episode has a step in both directions. Nothing that the
/// store promises may depend on it.
/// </summary>
internal sealed class StepClock : Fault
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Func<Episode, FakeClock?> _choose;
    private readonly Func<Stage, bool> _hasClock;
    private readonly int _direction;

    private StepClock(string name, int direction, Func<Stage, bool> hasClock, Func<Episode, FakeClock?> choose)
        : base(name) => (_direction, _hasClock, _choose) = (direction, hasClock, choose);

    public static IEnumerable<StepClock> All { get; } =
    [
        .. new[] { (1, "forward"), (-1, "back") }.SelectMany(way => new StepClock[]
        {
            new($"step a node's clock {way.Item2}", way.Item1, stage => stage.Plan.HasFakeTime, episode => episode.AnyNode().Clock),
            new(
                $"step the database's clock {way.Item2}",
                way.Item1,
                stage => stage.Storage.Clock is not null,
                episode => episode.Stage.Storage.Clock),
        }),
    ];

    public override bool CanHappenOn(Stage stage) => _hasClock(stage);

    protected override async Task HappenAsync(Episode episode)
    {
        var clock = _choose(episode)!;
        var step = episode.Between(Shortest, Longest) * _direction;
        episode.Note($"steps {clock.Name} by {step.TotalSeconds:0} s");
        using (clock.Step(step))
        {
            await episode.LastAsync();
        }

        episode.Note($"stepped {clock.Name} back");
    }
}
