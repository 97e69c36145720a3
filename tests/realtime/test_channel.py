import threading
import time

from realtime.pipeline.channel import Channel


def test_items_come_out_in_order_and_none_after_the_end() -> None:
    channel: Channel[int] = Channel(3)
    for item in (1, 2, 3):
        channel.put(item)
    channel.end()
    assert [channel.take(), channel.take(), channel.take(), channel.take()] == [1, 2, 3, None]
    assert channel.exhausted


def test_put_waits_for_room() -> None:
    channel: Channel[int] = Channel(1)
    producer = threading.Thread(target=lambda: [channel.put(item) for item in range(5)])
    producer.start()
    assert [channel.take() for _ in range(5)] == [0, 1, 2, 3, 4]
    producer.join(1)
    assert not producer.is_alive()


def test_replace_lets_the_oldest_go_and_says_so() -> None:
    channel: Channel[int] = Channel(2)
    assert [channel.replace(item) for item in (1, 2, 3)] == [False, False, True]
    assert [channel.take(), channel.take()] == [2, 3]


def test_offer_leaves_a_full_channel_alone() -> None:
    channel: Channel[int] = Channel(1)
    assert channel.offer(1)
    assert not channel.offer(2)
    assert channel.take() == 1


def test_closing_frees_a_waiting_producer_and_forgets_the_items() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    producer = threading.Thread(target=lambda: channel.put(2))
    producer.start()
    channel.close()
    producer.join(1)
    assert not producer.is_alive()
    assert channel.take() is None


def test_ending_wakes_a_waiting_consumer() -> None:
    channel: Channel[int] = Channel(1)
    taken: list[int | None] = []
    consumer = threading.Thread(target=lambda: taken.append(channel.take()))
    consumer.start()
    channel.end()
    consumer.join(1)
    assert taken == [None]


def test_take_gives_up_when_its_time_is_up() -> None:
    channel: Channel[int] = Channel(1)
    begun = time.monotonic()
    assert channel.take(timeout=0.05) is None
    assert 0.04 < time.monotonic() - begun < 1
    assert not channel.exhausted
