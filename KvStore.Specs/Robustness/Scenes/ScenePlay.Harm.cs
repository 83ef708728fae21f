using System.Globalization;
using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Scenes;

/// <content>What is done to the nodes, all of which ends with the play.</content>
internal sealed partial class ScenePlay
{
    /// <summary>Longer than any scene.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(3);

    private readonly Stack<IAsyncDisposable> _harm = [];

    public PostgresProxy ProxyOfA => _stage.Storage.ProxyOf(A.Name)!;

    public PostgresProxy ProxyOfB => _stage.Storage.ProxyOf(B.Name)!;

    /// <summary>
    /// The opening of most scenes. A loses its peer, but neither the database nor the clients, and stands still until B has taken it out of
    /// the cluster. When it goes on (when the answer is disposed) nobody can tell it: it serves, renews, and counts itself as a member until
    /// its own downing has waited for <see cref="Scene.StableAfter"/>. As long as nobody has asked B for the key, A is also its rightful
    /// holder.
    /// </summary>
    public async Task<IDisposable> StopCutOffAsync()
    {
        await CutOffAsync();
        return await StopAsync();
    }

    /// <summary>A and B hear nothing of each other any more.</summary>
    public async Task CutOffAsync()
    {
        _harm.Push(await _stage.Network!.CutAsync(Link.Between([A.Host!], [B.Host!])));
        Note($"{A.Name} is cut off from {B.Name}");
    }

    /// <summary>A stands still from here on, and B has noticed.</summary>
    public async Task<IDisposable> StopAsync()
    {
        var pause = OnEnd(A.Pause());
        Note($"{A.Name} stands still");
        await UntilAsync($"{B.Name} is alone in its cluster", async () =>
        {
            var members = await ShownMember.ReadAsync(B.Process, CancellationToken.None);
            return members is [{ IsUp: true }];
        });
        return new Undo(() =>
        {
            Note($"{A.Name} goes on");
            pause.Dispose();
        });
    }

    /// <summary>B leaves in good order, gives back all that it holds, and stays away until the end of the play.</summary>
    public async Task EndBAsync()
    {
        OnEnd(B.HoldDown());
        var code = await B.Process.TerminateAsync(Patience);
        Note(string.Create(CultureInfo.InvariantCulture, $"{B.Name} has ended with {code}"));
    }

    /// <summary>A stands still from here on, whatever becomes of it.</summary>
    public IDisposable PauseA()
    {
        Note($"{A.Name} stands still");
        return OnEnd(A.Pause());
    }

    /// <summary>Cuts the connection on which the next exchange of this kind reaches the point.</summary>
    public PostgresProxyFault CutOnce(PostgresProxy proxy, PostgresWork work, PostgresPoint point) =>
        OnEnd(proxy.Add(work, point, new PostgresProxyAction.Cut()));

    /// <summary>Holds what reaches the point, until it is released.</summary>
    /// <param name="work">Null: any.</param>
    public PostgresProxyFault Hold(
        PostgresProxy proxy, PostgresWork? work, PostgresPoint point, int times = int.MaxValue, TimeSpan? atMost = null,
        WhenClientGoes whenClientGoes = WhenClientGoes.LetThrough) =>
        OnEnd(proxy.Add(work, point, new PostgresProxyAction.Hold(atMost ?? LongestHold, whenClientGoes), times));

    /// <summary>From here on A renews no more: each try is thrown away.</summary>
    public PostgresProxyFault HoldRenewalsOfA() =>
        Hold(ProxyOfA, PostgresWork.Renew, PostgresPoint.Before(), whenClientGoes: WhenClientGoes.Drop);

    public PostgresProxyFault Watch(PostgresProxy proxy, PostgresWork work, PostgresPoint point) =>
        OnEnd(proxy.Add(work, point, new PostgresProxyAction.Watch()));

    public async Task ReachesAsync(PostgresProxyFault fault, string what)
    {
        try
        {
            await fault.Reached.WaitAsync(Patience);
            Note(what);
        }
        catch (TimeoutException)
        {
            throw new SceneNotPlayedException($"Waited in vain for {Patience.TotalSeconds} s until {what}.");
        }
    }

    /// <summary>Ends all that was done, and waits for the ends of all requests.</summary>
    public async Task MendAsync()
    {
        while (_harm.TryPop(out var harm))
        {
            await harm.DisposeAsync();
        }

        Note("all is mended");
        Task[] asking;
        lock (_asked)
        {
            asking = [.. _asked.Select(asked => asked.Asking)];
        }

        // The client's own patience is the bound.
        await Task.WhenAll(asking);
    }

    public async ValueTask DisposeAsync()
    {
        await MendAsync();
        _client.Dispose();
    }

    private T OnEnd<T>(T harm)
        where T : IDisposable
    {
        _harm.Push(new UndoLater(() =>
        {
            harm.Dispose();
            return Task.CompletedTask;
        }));
        return harm;
    }
}
