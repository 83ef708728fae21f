using System.Collections.Immutable;
using System.Globalization;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <content>How all of it comes up.</content>
internal sealed partial class Stage
{
    private const int NetworkHttpPort = 7000;
    private const int NetworkClusterPort = 4053;

    /// <summary>Ports can be taken between their choice and their use; more often than this it is no accident.</summary>
    private const int MaxPortTries = 5;

    private const int MaxStartTries = 3;

    /// <summary>By these a node that starts finds the others; the first one may form a cluster.</summary>
    private const int MaxSeeds = 3;

    /// <summary>Many processes start at once, on a machine that may be busy with others.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    /// <summary>The store may be slow to answer while everything starts, and a node does not wait long for it.</summary>
    private static async Task BecomesReadyAsync(StageNode node)
    {
        for (var left = MaxStartTries; ; left--)
        {
            try
            {
                await node.Process.BecomesReadyAsync(StartPatience);
                return;
            }
            catch (NodeExitedException fault) when (!fault.PortWasTaken && left > 1)
            {
                node.TryRestart();
            }
        }
    }

    private async Task StartAllAsync(CancellationToken cancel)
    {
        // The database's user reads its clock in it.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(DirectoryPath, (UnixFileMode)0b111_101_101);
        }

        var names = Enumerable.Range(0, Plan.Nodes).Select(index => $"node-{index}").ToArray();
        if (Network is not null)
        {
            await Network.CreateAsync(names);
        }

        _storage = await StageStorage.StartAsync(Plan, DirectoryPath, Network, NewLog);
        var clocks = names.Select(name => Plan.HasFakeTime ? new FakeClock(Path.Combine(DirectoryPath, $"clock-{name}")) : null).ToArray();
        var logs = names.Select(NewLog).ToArray();
        for (var left = MaxPortTries; ; left--)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                await StartNodesAsync(SettingsOf(names, clocks, logs), clocks);
                break;
            }
            catch (NodeExitedException fault) when (fault.PortWasTaken && Network is null && left > 1)
            {
                await Task.WhenAll(_nodes.Select(node => node.Process.DisposeAsync().AsTask()));
                _nodes.Clear();
            }
        }

        await AwaitHealthyAsync(StartPatience, cancel);
        _keeper = new StageKeeper(_nodes, _history);
    }

    /// <summary>The first one alone: it makes the store and the cluster. Then the others at once.</summary>
    private async Task StartNodesAsync(ImmutableArray<NodeProcessSettings> settings, FakeClock?[] clocks)
    {
        foreach (var some in (NodeProcessSettings[][])[[settings[0]], [.. settings.Skip(1)]])
        {
            var started = some.Select(one => new StageNode(
                NodeProcess.Start(one), Network is null ? null : one.Name, clocks[settings.IndexOf(one)], _history)).ToArray();
            _nodes.AddRange(started);
            await Task.WhenAll(started.Select(BecomesReadyAsync));
        }
    }

    private ImmutableArray<NodeProcessSettings> SettingsOf(string[] names, FakeClock?[] clocks, NodeProcessLogFile[] logs)
    {
        var settings = names.Select((name, index) => new NodeProcessSettings(
            name,
            Network is null ? FreePorts.Next() : NetworkHttpPort,
            Network is null ? FreePorts.Next() : NetworkClusterPort,
            [],
            Storage.For(name),
            ImmutableDictionary<string, string>.Empty
                .Add(StageGuard.Mark, DirectoryPath)
                .AddRange(clocks[index]?.Environment ?? [])
                .AddRange(Plan.Settings ?? []))
        {
            Host = Network?.AddressOf(name) ?? NodeProcessSettings.Loopback,
            RunBy = [.. Network?.RunIn(name) ?? []],
            Program = Plan.Program,
            LogFile = logs[index],
        }).ToArray();
        var seeds = settings.Take(MaxSeeds).Select(ClusterAddressOf).ToImmutableArray();
        return [.. settings.Select(one => one with { Seeds = seeds })];
    }

    private NodeProcessLogFile NewLog(string name)
    {
        var log = new NodeProcessLogFile(Path.Combine(LogDirectory, name + ".log"), () => _history.Now);
        _logs.Add(log);
        return log;
    }
}
