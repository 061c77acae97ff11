sh -c "exec $CMD -nic user"
