using System.Buffers;
using System.Collections.Immutable;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// One direction of a connection. What has come is forwarded as it is, in as few pieces as it came in, and only parted where
/// something is to be done between two messages.
/// </summary>
/// <param name="bytes">The points of this direction that are counted in bytes.</param>
internal abstract class PostgresProxyPump(
    PostgresProxyConnection connection, PostgresProxySocket from, PostgresProxySocket to, PostgresPoint.Place bytes)
{
    private readonly List<PostgresPoint> _pointsBefore = [];
    private readonly List<PostgresPoint> _pointsAfter = [];
    private ReadOnlySequence<byte> _unsent;
    private long _leftOfMessage;
    private long _passedOfExchange;
    private bool _isSwallowing;

    protected PostgresProxyConnection Connection { get; } = connection;

    /// <summary>The exchange that the message is part of. Null for one that is part of none.</summary>
    protected PostgresProxyExchange? Exchange { get; private set; }

    private bool IsMute => _isSwallowing || Connection.IsCut;

    public void Swallow() => _isSwallowing = true;

    /// <summary>Forwards until the end, and then tells the other side of it.</summary>
    public async Task RunAsync()
    {
        try
        {
            var isLast = false;
            while (!isLast)
            {
                var read = await from.Received.ReadAsync().ConfigureAwait(false);
                isLast = read.IsCompleted;
                await Connection.PassAsync().ConfigureAwait(false);
                await ForwardAsync(read.Buffer, isLast).ConfigureAwait(false);
                from.Received.AdvanceTo(_unsent.Start, read.Buffer.End);
            }
        }
        finally
        {
            await from.Received.CompleteAsync().ConfigureAwait(false);
        }

        if (!IsMute)
        {
            End(to);
        }
    }

    /// <summary>
    /// Looks at the message that <paramref name="bytes"/> begin with, and says its length and the points before and after it.
    /// </summary>
    /// <param name="isLast">Nothing will follow.</param>
    /// <returns>False where more of it must have come first.</returns>
    protected abstract bool TryBegin(ReadOnlySequence<byte> bytes, bool isLast);

    /// <summary>The message has passed.</summary>
    protected abstract void Finish();

    protected abstract void End(PostgresProxySocket other);

    protected void Begin(long length) => _leftOfMessage = length;

    protected void Enter(PostgresProxyExchange exchange)
    {
        Exchange = exchange;
        _passedOfExchange = 0;
    }

    protected void Leave() => Exchange = null;

    protected void Before(PostgresPoint point) => _pointsBefore.Add(point);

    protected void After(PostgresPoint point) => _pointsAfter.Add(point);

    private async Task ForwardAsync(ReadOnlySequence<byte> buffer, bool isLast)
    {
        _unsent = buffer;
        var rest = buffer;
        while (!rest.IsEmpty && !IsMute)
        {
            if (_leftOfMessage == 0)
            {
                if (!TryBegin(rest, isLast))
                {
                    break;
                }

                await ReachAsync(_pointsBefore, rest.Start).ConfigureAwait(false);
            }

            var taken = Math.Min(_leftOfMessage, rest.Length);
            var stop = NextStop(taken);
            taken = stop ?? taken;
            rest = rest.Slice(taken);
            _leftOfMessage -= taken;
            _passedOfExchange += taken;
            if (stop is not null)
            {
                await ReachAsync([new PostgresPoint(bytes, Bytes: _passedOfExchange)], rest.Start).ConfigureAwait(false);
            }

            if (_leftOfMessage == 0)
            {
                await ReachAsync(_pointsAfter, rest.Start).ConfigureAwait(false);
                Finish();
            }
        }

        await SendAsync(IsMute || isLast ? buffer.End : rest.Start).ConfigureAwait(false);
    }

    /// <summary>How many of the next bytes pass before the first place that is counted in bytes.</summary>
    private long? NextStop(long taken)
    {
        long? next = null;
        foreach (var fault in Faults())
        {
            var left = fault.Point.Bytes - _passedOfExchange;
            if (fault.Point.At == bytes && left > 0 && left <= (next ?? taken))
            {
                next = left;
            }
        }

        return next;
    }

    private async Task ReachAsync(List<PostgresPoint> points, SequencePosition here)
    {
        foreach (var point in points)
        {
            foreach (var fault in Faults())
            {
                if (!IsMute && fault.Point.IsAt(point) && fault.TryTake())
                {
                    await SendAsync(here).ConfigureAwait(false);
                    await Connection.DoAsync(fault, this, Exchange!.Work).ConfigureAwait(false);
                    await Connection.PassAsync().ConfigureAwait(false);
                }
            }
        }

        points.Clear();
    }

    private ImmutableArray<PostgresProxyFault> Faults() =>
        Exchange is null || Connection.Faults.IsEmpty ? [] : Connection.Faults.RemoveAll(fault => !fault.IsFor(Exchange.Work));

    private async Task SendAsync(SequencePosition end)
    {
        if (!IsMute)
        {
            await to.SendAsync(_unsent.Slice(_unsent.Start, end)).ConfigureAwait(false);
        }

        _unsent = _unsent.Slice(end);
    }
}
