using System.Net;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>
/// A second node is started under the name of a live one, as by a mistake in a deployment. It must refuse and end with another
/// code than 0: answers and listings name nodes, and so do operators.
/// </summary>
internal sealed class SecondOfOneName : Fault
{
    /// <summary>To start a process and to look at the store, on a machine that is busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>In a namespace only the node itself takes ports; there they need not be free.</summary>
    private const int PortDistance = 1;

    public SecondOfOneName()
        : base("start a second node of one name")
    {
    }

    public override bool CanHappenOn(Stage stage) => true;

    /// <exception cref="InvalidOperationException">It served, or it ended as if all were well; the message holds its log.</exception>
    protected override async Task HappenAsync(Episode episode)
    {
        var node = episode.AnyNode();
        var (process, others, begun) = (node.Process.ProcessId, episode.Stage.FaultsUnderWay - 1, episode.Stage.FaultsBegun);
        var settings = node.Process.Settings;
        await using var second = NodeProcess.Start(settings with
        {
            HttpPort = node.Host is null ? FreePorts.Next() : settings.HttpPort + PortDistance,
            ClusterPort = node.Host is null ? FreePorts.Next() : settings.ClusterPort + PortDistance,
            LogFile = null,
        });
        episode.Note($"starts a second {node.Name} as process {second.ProcessId}");
        if (!await EndsAsync(second, episode))
        {
            return;
        }

        // A first one that stood still, was away or cut off for longer than its lease has lost its name, and rightly so. So has one
        // that an earlier fault had taken out: it has left the store, and is about to end.
        var isTheirsToTake = others > 0 || episode.Stage.FaultsBegun != begun || node.Process.HasExited || node.Process.ProcessId != process;
        if (!second.HasExited && !isTheirsToTake && await node.Process.GetStatusAsync("/healthz/ready", episode.Cancel) == HttpStatusCode.OK)
        {
            // The first one was slow, so that it was taken for dead. Both live: the second one must find that out and end.
            await Eventually.HoldsAsync(
                $"one of two nodes named {node.Name} that serve beside each other gives way",
                Patience,
                () => second.HasExited || node.Process.HasExited || node.Process.ProcessId != process || episode.Stage.FaultsBegun != begun,
                () => second.Log.Tail());
        }

        if (second.HasExited && second.ExitCode == 0)
        {
            throw new InvalidOperationException($"A second {node.Name} ended with 0, as if all were well.\n{second.Log.Tail()}");
        }

        episode.Note(second.HasExited ? $"the second {node.Name} ended with {second.ExitCode}" : $"the second {node.Name} took the name over");
    }

    /// <returns>False where it did neither end nor serve in time, such as for want of its store.</returns>
    private static async Task<bool> EndsAsync(NodeProcess second, Episode episode)
    {
        try
        {
            await Eventually.HoldsAsync(
                "the second one ends or serves",
                Patience,
                async timeout =>
                {
                    episode.Cancel.ThrowIfCancellationRequested();
                    return second.HasExited || await second.GetStatusAsync("/healthz/ready", timeout) == HttpStatusCode.OK;
                });
            return true;
        }
        catch (TimeoutException)
        {
            episode.Note($"the second {second.Name} neither ended nor served within {Patience.TotalSeconds:0} s");
            return false;
        }
    }
}
